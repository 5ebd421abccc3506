// A server whose socket comes from go-systemd's activation package.
package main

import (
	"fmt"
	"log"
	"net/http"

	"github.com/coreos/go-systemd/activation"
	"github.com/coreos/go-systemd/daemon"
)

func main() {
	byName, err := activation.ListenersWithNames()
	if err != nil || len(byName) != 1 {
		log.Fatalf("expected one name, got %v, %v", byName, err)
	}
	for name, listeners := range byName {
		daemon.SdNotify(true, daemon.SdNotifyReady)
		answer := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "go-systemd %s\n", name) }
		log.Fatal(http.Serve(listeners[0], http.HandlerFunc(answer)))
	}
}
