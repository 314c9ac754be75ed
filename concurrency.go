package concord

import (
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/inflight"
)

// Concurrency says in which order, and by how many goroutines, a consumer handles
// records. It is an option of a consumer; the zero value is [InOrder].
type Concurrency struct {
	order   consume.Order
	workers int
}

// InOrder handles the records of a partition one after another, and those of several
// partitions at the same time. It is the default.
func InOrder() Concurrency { return Concurrency{} }

// InKeyOrder handles records with the same key in the same partition one after another, and
// others at the same time, with that many goroutines for all partitions; at least one. Records with a null key
// have no order.
func InKeyOrder(workers int) Concurrency { return Concurrency{consume.ByKey, max(workers, 1)} }

// Unordered handles any records at the same time, with that many goroutines; at least one.
func Unordered(workers int) Concurrency { return Concurrency{consume.Unordered, max(workers, 1)} }

func (c Concurrency) applyConsumer(o *consumerOptions) { o.concurrency = c }

// defaultMaxInFlight bounds what is in flight of a partition by default.
var defaultMaxInFlight = inflight.Limits{Records: 20_000, Bytes: 16 << 20}

// WithMaxInFlight bounds what a consumer has in flight of each partition: records that are read
// and not done yet, and the bytes of their keys, values and headers. A partition that reaches
// either is paused until it is down to three quarters of it; what one poll brings, up to 256 records or 256 KiB, may come on top. Behind a record whose handler does not return,
// other records of its partition may be handled ([InKeyOrder], [Unordered]): eight times as many as may be in flight, at most.
// Zero means the default of that bound, 20,000 records and 16 MiB. librdkafka has a queue
// of its own before it (queued.max.messages.kbytes), and a partition that is resumed waits
// for the fetch that is in progress, up to fetch.wait.max.ms: with a small bound, that
// limits the pace.
func WithMaxInFlight(records, bytes int) ConsumerOption {
	limits := inflight.Limits{Records: records, Bytes: bytes}
	if records <= 0 {
		limits.Records = defaultMaxInFlight.Records
	}
	if bytes <= 0 {
		limits.Bytes = defaultMaxInFlight.Bytes
	}
	return consumerOption(func(o *consumerOptions) { o.limits = limits })
}
