//go:build cgo

package concord

import (
	"context"
	"log/slog"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// drainLog hands librdkafka's log on until the client is closed.
func drainLog(to *slog.Logger, from <-chan kafka.LogEvent) {
	for line := range from {
		to.LogAttrs(context.Background(), levelOf(line.Level), line.Message,
			slog.String("client", line.Name), slog.String("facility", line.Tag))
	}
}

// levelOf translates syslog's levels, where lower is worse.
func levelOf(syslog int) slog.Level {
	switch {
	case syslog <= 3:
		return slog.LevelError
	case syslog == 4:
		return slog.LevelWarn
	case syslog <= 6:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
