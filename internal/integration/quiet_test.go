//go:build cgo

package integration

import (
	"log/slog"

	"github.com/concord-go/concord"
)

var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))
