// SPDX-License-Identifier: MIT
package main

import (
	"time"

	"clients/say"
	"github.com/launchdarkly/eventsource"
)

func main() {
	stream, err := eventsource.SubscribeWithURL(say.URL,
		eventsource.StreamOptionReadTimeout(5*time.Second),
		eventsource.StreamOptionErrorHandler(func(err error) eventsource.StreamErrorHandlerResult {
			say.Failed(err)
			return eventsource.StreamErrorHandlerResult{}
		}))
	if err != nil {
		say.Failed(err)
		return
	}
	for event := range stream.Events {
		say.Take(event.Event(), event.Data(), event.Id())
	}
	say.Ended()
}
