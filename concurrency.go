//go:build cgo

package concord

// Concurrency is in which order, and by how many goroutines, a consumer has records
// handled. It is an option of [NewConsumer]; the zero value is [InOrder].
type Concurrency struct {
	order   order
	workers int
}

type order uint8

const (
	partitionOrder order = iota
	keyOrder
	noOrder
)

// InOrder has the records of a partition handled one after another, and those of several
// partitions at the same time. It is the default.
func InOrder() Concurrency { return Concurrency{} }

// InKeyOrder has records with one key in one partition handled one after another, and
// others at the same time, by so many goroutines for all partitions; at least one.
func InKeyOrder(workers int) Concurrency { return Concurrency{keyOrder, max(workers, 1)} }

// Unordered has any records handled at the same time, by so many goroutines; at least one.
func Unordered(workers int) Concurrency { return Concurrency{noOrder, max(workers, 1)} }

func (c Concurrency) applyConsumer(to *consumerOptions) { to.concurrency = c }

// WithQueue bounds what a consumer has in hand of each partition: records that are read
// and not handled yet, and the bytes of their keys and values. A partition that reaches
// either is paused until it has three quarters of it; a single record may be larger.
// Zero means the default of that bound, 20,000 records and 16 MiB. librdkafka has a queue
// of its own before it (queued.max.messages.kbytes), and a partition that goes on waits
// for the fetch that is under way, up to fetch.wait.max.ms: with a small bound that is
// what limits the pace.
func WithQueue(records, bytes int) ConsumerOption { return queueOption{records, bytes} }

type queueOption queueLimit

var defaultQueue = queueLimit{records: 20_000, bytes: 16 << 20}

func (o queueOption) applyConsumer(to *consumerOptions) {
	to.queue = queueLimit(o)
	if to.queue.records <= 0 {
		to.queue.records = defaultQueue.records
	}
	if to.queue.bytes <= 0 {
		to.queue.bytes = defaultQueue.bytes
	}
}
