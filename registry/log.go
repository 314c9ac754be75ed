package registry

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// logKind is what a client has to say. Of each kind it says at most one thing in
// logEvery, and then how much it did not say.
type logKind uint8

const (
	logCircuit logKind = iota
	logRecovery
	logFailover
	logStale
	logRefresh
	logCredentials
	logCertificates
	logRotation
	logKinds
)

const logEvery = 30 * time.Second

// limitedLog is a logger that an outage cannot flood.
type limitedLog struct {
	to *slog.Logger

	mu         sync.Mutex
	next       [logKinds]time.Time
	suppressed [logKinds]int
}

func (l *limitedLog) info(kind logKind, text string, attrs ...slog.Attr) {
	l.say(slog.LevelInfo, kind, text, attrs)
}

// warn logs what went wrong. The error must be one of this package's, which hold
// no secrets.
func (l *limitedLog) warn(kind logKind, text string, err error, attrs ...slog.Attr) {
	l.say(slog.LevelWarn, kind, text, append(attrs, slog.String("error", err.Error())))
}

func (l *limitedLog) say(level slog.Level, kind logKind, text string, attrs []slog.Attr) {
	ctx := context.Background()
	if !l.to.Enabled(ctx, level) {
		return
	}
	now := time.Now()
	l.mu.Lock()
	if now.Before(l.next[kind]) {
		l.suppressed[kind]++
		l.mu.Unlock()
		return
	}
	suppressed := l.suppressed[kind]
	l.next[kind], l.suppressed[kind] = now.Add(logEvery), 0
	l.mu.Unlock()
	if suppressed > 0 {
		attrs = append(attrs, slog.Int("suppressed", suppressed))
	}
	l.to.LogAttrs(ctx, level, "registry: "+text, attrs...)
}
