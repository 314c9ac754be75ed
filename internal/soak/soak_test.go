//go:build cgo

package main

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if isChild() {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// Each promise is tried for some seconds here; the command does it for long.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, trial := range trials {
		t.Run(trial.name, func(t *testing.T) {
			if trial.name != "cycles" { // which looks at the whole process, and so comes before the others
				t.Parallel()
			}
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			if err := trial.run(ctx, &soak{out: t.Output(), short: true}); err != nil {
				t.Error(err)
			}
		})
	}
}
