//go:build cgo

package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/concord-go/concord"
)

// positions prints to standard error where a partition's records begin after each assignment, if that is its first record, and
// where they go back: what explains duplicates.
func positions() concord.Option {
	var mu sync.Mutex
	next := make(map[concord.TopicPartition]int64)
	return concord.WithObserver(concord.Observer{
		OnAssigned: func(r concord.Rebalanced) {
			mu.Lock()
			defer mu.Unlock()
			for _, tp := range r.Partitions {
				delete(next, tp)
			}
		},
		OnPolled: func(p concord.Polled) {
			mu.Lock()
			defer mu.Unlock()
			tp := concord.TopicPartition{Topic: p.Topic, Partition: p.Partition}
			expected, known := next[tp]
			switch {
			case known && p.First < expected:
				fmt.Fprintf(os.Stderr, "%s position: %s[%d] went back from %d to %d (process %d)\n", time.Now().Format(time.TimeOnly), p.Topic, p.Partition, expected, p.First, os.Getpid())
			case !known && p.First == 0:
				fmt.Fprintf(os.Stderr, "%s position: %s[%d] begins at its first record (process %d)\n", time.Now().Format(time.TimeOnly), p.Topic, p.Partition, os.Getpid())
			}
			next[tp] = p.First + int64(p.Records)
		},
	})
}
