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

// The short form of each trial; the command runs the long one.
func TestGuarantees(t *testing.T) {
	t.Parallel()
	for _, trial := range trials {
		t.Run(trial.name, func(t *testing.T) {
			if trial.name != "cycles" { // it measures the whole process, so it runs before the others
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
