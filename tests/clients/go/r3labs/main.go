// SPDX-License-Identifier: MIT
package main

import (
	"time"

	"clients/say"
	"github.com/r3labs/sse/v2"
)

// It comes back by itself after an error, and returns at a proper end.
func main() {
	client := sse.NewClient(say.URL)
	client.ReconnectNotify = func(err error, _ time.Duration) { say.Failed(err) }
	for {
		err := client.SubscribeRaw(func(event *sse.Event) {
			say.Take(string(event.Event), string(event.Data), string(event.ID))
		})
		if err != nil {
			say.Failed(err)
		}
		time.Sleep(time.Second / 2)
	}
}
