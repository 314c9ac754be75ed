package ratelog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/ratelog"
)

func newLog() (*ratelog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	return ratelog.New(slog.New(slog.NewTextHandler(&out, nil)), "client-1"), &out
}

func TestAFloodOfOneKindIsOneLineInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, out := newLog()
		failed := errors.New("refused")
		for range 3 {
			for range 1000 {
				l.Log(context.Background(), slog.LevelWarn, "a record failed", "t/handling", failed, slog.Int("partition", 3))
			}
			l.Log(context.Background(), slog.LevelWarn, "a record failed", "other/handling", failed)
			time.Sleep(10 * time.Second)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 6 {
			t.Fatalf("%d lines, want 3 of each of the two kinds:\n%s", len(lines), out.String())
		}
		if strings.Contains(lines[0], "suppressed") || !strings.Contains(lines[2], "suppressed=999") || !strings.Contains(lines[2], "partition=3") ||
			!strings.Contains(lines[2], "error=refused") || !strings.Contains(lines[2], "client=client-1") {
			t.Errorf("lines:\n%s", out.String())
		}
	})
}

func TestLinesWithoutAKeyAreNotLimited(t *testing.T) {
	t.Parallel()
	l, out := newLog()
	for range 5 {
		l.Warn(context.Background(), "not committed", errors.New("x"))
	}
	l.Partitions(slog.LevelInfo, "partitions assigned", []kafkaclient.TopicPartition{{Topic: "t", Partition: 1}, {Topic: "t", Partition: 2}})
	if n := strings.Count(out.String(), "\n"); n != 6 || !strings.Contains(out.String(), `partitions="map[t:[1 2]]" client=client-1`) {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

func TestManyKindsDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	l, out := newLog()
	for i := range 100_000 {
		l.Log(context.Background(), slog.LevelDebug, "not enabled", fmt.Sprint(i), nil)
	}
	if out.Len() > 0 {
		t.Error("a level that is not enabled is written")
	}
	for i := range 5000 {
		l.Log(context.Background(), slog.LevelInfo, "x", fmt.Sprint(i), nil)
	}
	if n := strings.Count(out.String(), "\n"); n != 5000 {
		t.Errorf("%d of 5000 kinds are written", n)
	}
}
