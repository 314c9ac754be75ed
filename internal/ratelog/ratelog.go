// Package ratelog writes log lines of a kind at most every ten seconds, so that a flood of bad records does not become a
// flood of lines.
package ratelog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// logEvery is how often a line with the same key is logged.
const logEvery = 10 * time.Second

// maxKeys bounds how many keys are remembered.
const maxKeys = 1024

// Logger writes lines of a kind at most every ten seconds; the next one says how many were left
// out. It is safe for concurrent use.
type Logger struct {
	to     *slog.Logger
	client string

	mu   sync.Mutex
	keys map[string]*logged
}

type logged struct {
	at      time.Time
	skipped int
}

// New makes a logger whose lines name the client.
func New(to *slog.Logger, client string) *Logger {
	return &Logger{to: to, client: client, keys: make(map[string]*logged)}
}

// Log writes a line with err as an attribute. Lines with one key are limited; "" is never.
func (l *Logger) Log(ctx context.Context, level slog.Level, text, key string, err error, attrs ...slog.Attr) {
	if !l.to.Enabled(ctx, level) {
		return
	}
	skipped := 0
	if key != "" {
		var ok bool
		if skipped, ok = l.allow(text + key); !ok {
			return
		}
	}
	all := append(make([]slog.Attr, 0, len(attrs)+3), attrs...)
	if err != nil {
		all = append(all, slog.String("error", err.Error()))
	}
	all = append(all, slog.String("client", l.client))
	if skipped > 0 {
		all = append(all, slog.Int("suppressed", skipped))
	}
	l.to.LogAttrs(ctx, level, text, all...)
}

// Warn writes a line that is not limited.
func (l *Logger) Warn(ctx context.Context, text string, err error) {
	l.Log(ctx, slog.LevelWarn, text, "", err)
}

// allow reports whether a line may be written now, and how many were not since the last one.
func (l *Logger) allow(key string) (skipped int, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxKeys {
			clear(l.keys)
		}
		l.keys[key] = &logged{at: now}
		return 0, true
	}
	if now.Sub(k.at) < logEvery {
		k.skipped++
		return 0, false
	}
	skipped, k.skipped, k.at = k.skipped, 0, now
	return skipped, true
}

// Partitions writes a line about partitions, by topic.
func (l *Logger) Partitions(level slog.Level, text string, tps []kafkaclient.TopicPartition) {
	if !l.to.Enabled(context.Background(), level) {
		return
	}
	byTopic := make(map[string][]int32)
	for _, tp := range tps {
		byTopic[tp.Topic] = append(byTopic[tp.Topic], tp.Partition)
	}
	l.to.LogAttrs(context.Background(), level, text, slog.Int("count", len(tps)), slog.Any("partitions", byTopic), slog.String("client", l.client))
}
