package registry_test

import (
	"io"
	"log"
)

// quiet is for servers whose complaints are what a test wants.
var quiet = log.New(io.Discard, "", 0)
