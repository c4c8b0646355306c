// SPDX-License-Identifier: MIT
package main

import (
	"net/http"
	"time"

	"clients/say"
	"github.com/tmaxmax/go-sse"
)

func main() {
	request, _ := http.NewRequest(http.MethodGet, say.URL, http.NoBody)
	client := sse.Client{OnRetry: func(err error, _ time.Duration) { say.Failed(err) }}
	connection := client.NewConnection(request)
	connection.SubscribeToAll(func(event sse.Event) {
		say.Take(event.Type, event.Data, event.LastEventID)
	})
	say.Failed(connection.Connect())
	say.Ended()
}
