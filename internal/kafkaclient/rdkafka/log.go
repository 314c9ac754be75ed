//go:build cgo

package rdkafka

import (
	"context"
	"log/slog"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
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

// troubleEvery is how often one kind of connection trouble is logged: librdkafka reports each
// attempt to connect.
const troubleEvery = 30 * time.Second

// troubleLog logs connection trouble. It belongs to one goroutine.
type troubleLog struct {
	log    *slog.Logger
	client string
	last   map[kafka.ErrorCode]time.Time
}

// note logs an error that nobody else gets.
func (t *troubleLog) note(e *kafkaclient.Error) {
	t.log.LogAttrs(context.Background(), slog.LevelWarn, "the client reports an error",
		slog.String("client", t.client), slog.String("code", e.Name), slog.String("error", e.Error()))
}

func (t *troubleLog) warn(e kafka.Error) {
	now := time.Now()
	if last, ok := t.last[e.Code()]; ok && now.Sub(last) < troubleEvery {
		return
	}
	if t.last == nil {
		t.last = make(map[kafka.ErrorCode]time.Time)
	}
	t.last[e.Code()] = now
	t.log.LogAttrs(context.Background(), slog.LevelWarn, "connection trouble",
		slog.String("client", t.client), slog.String("code", nameOf(e.Code())), slog.String("error", e.Error()))
}
