// SPDX-License-Identifier: MIT

// Package say: what each of these programs says: a line of JSON for each event
// that its library gave it, and for each error.
package say

import (
	"encoding/json"
	"os"
	"sync"
)

var (
	URL   = os.Args[1]
	mutex sync.Mutex
)

func say(what map[string]any) {
	mutex.Lock()
	defer mutex.Unlock()
	json.NewEncoder(os.Stdout).Encode(what)
}

func Take(kind, data, id string) {
	if kind == "" {
		kind = "message"
	}
	say(map[string]any{"type": kind, "data": data, "id": id})
}

func Failed(err error) {
	say(map[string]any{"error": err.Error()})
}

func Ended() {
	say(map[string]any{"ended": true})
}
