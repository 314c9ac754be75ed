package produce_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// client is a kafkaclient.Producer that a test drives. It reports from one goroutine, and
// fails the test if it is used during or after its Close.
type client struct {
	t        testing.TB
	reporter kafkaclient.Reporter
	txn      kafkaclient.Transactions

	// Hooks, set before the client is used. They are called without the lock.
	onProduce    func(r *kafkaclient.Record, token any) // after the record is queued
	onHurry      func()
	onPartitions func(ctx context.Context, topic string) (int32, error)
	onPurge      func()
	onClose      func()
	onReport     func(id int64, err *kafkaclient.Error) // before each report

	mu       sync.Mutex
	capacity int // 0: no bound
	refuse   error
	conn     error
	queue    []item
	taken    []kafkaclient.Record // what was produced, but for its bytes
	inUse    int
	closed   bool
	hurries  int
	offset   int64

	reports chan func()
	ended   chan struct{}
}

type item struct {
	token any
	topic string
	id    int64 // Offset of the record, in which a test may number its messages
}

func (c *client) enter() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.t.Error("the client is used during or after its Close")
	}
	c.inUse++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inUse--
	}
}

func (c *client) Produce(r *kafkaclient.Record, token any) error {
	defer c.enter()()
	c.mu.Lock()
	switch {
	case c.refuse != nil:
		defer c.mu.Unlock()
		return c.refuse
	case c.capacity > 0 && len(c.queue) >= c.capacity:
		c.mu.Unlock()
		return &kafkaclient.Error{Kind: kafkaclient.QueueFull, Text: "queue full"}
	}
	c.queue = append(c.queue, item{token, r.Topic, r.Offset})
	c.taken = append(c.taken, *r)
	c.mu.Unlock()
	if c.onProduce != nil {
		c.onProduce(r, token)
	}
	return nil
}

// settle reports the results of the next n records (all if n is negative), from the goroutine of
// reports, and returns how many there were.
func (c *client) settle(n int, err *kafkaclient.Error) int {
	c.mu.Lock()
	if n < 0 || n > len(c.queue) {
		n = len(c.queue)
	}
	items := append([]item(nil), c.queue[:n]...)
	c.queue = c.queue[n:]
	first := c.offset
	c.offset += int64(n)
	c.mu.Unlock()
	if n == 0 {
		return 0
	}
	c.reports <- func() {
		anonymous := 0
		for i, it := range items {
			if c.onReport != nil {
				c.onReport(it.id, err)
			}
			switch {
			case it.token != nil && err != nil:
				c.reporter.Delivered(it.token, kafkaclient.Report{Topic: it.topic, Err: err})
			case it.token != nil:
				c.reporter.Delivered(it.token, kafkaclient.Report{Partition: 3, Offset: first + int64(i)})
			case err != nil:
				c.reporter.Failed(kafkaclient.Report{Topic: it.topic, Err: err})
			default:
				anonymous++
			}
		}
		c.reporter.Acknowledged(anonymous)
	}
	return n
}

func (c *client) run() {
	defer close(c.ended)
	for report := range c.reports {
		report()
	}
}

func (c *client) Hurry() {
	defer c.enter()()
	c.mu.Lock()
	c.hurries++
	c.mu.Unlock()
	if c.onHurry != nil {
		c.onHurry()
	}
}

func (c *client) Purge() {
	defer c.enter()()
	if c.onPurge != nil {
		c.onPurge()
	}
	c.settle(-1, &kafkaclient.Error{Kind: kafkaclient.Purged, MaybeWritten: true, Text: "purged"})
}

func (c *client) Partitions(ctx context.Context, topic string) (int32, error) {
	defer c.enter()()
	if c.onPartitions == nil {
		return 0, errors.New("no partitions in this test")
	}
	return c.onPartitions(ctx, topic)
}

func (c *client) Transactions() kafkaclient.Transactions { return c.txn }

func (c *client) Connection() error {
	defer c.enter()()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

func (c *client) Name() string { return "client-1" }

func (c *client) Close() {
	c.mu.Lock()
	if c.closed {
		c.t.Error("the client is closed twice")
	}
	c.closed = true
	if c.inUse > 0 {
		c.t.Errorf("the client is closed while %d calls are in it", c.inUse)
	}
	if n := len(c.queue); n > 0 {
		c.t.Errorf("the client is closed with %d records in its queue", n)
	}
	c.mu.Unlock()
	if c.onClose != nil {
		c.onClose()
	}
	close(c.reports)
	<-c.ended
}

func (c *client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *client) set(f func(c *client)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

// transactions are not called by a Sender.
type transactions struct{ kafkaclient.Transactions }

func newSender(t testing.TB, c *client, cfg produce.Config) *produce.Sender {
	t.Helper()
	c.t, c.reports, c.ended = t, make(chan func(), 1<<12), make(chan struct{})
	s, err := produce.New(func(r kafkaclient.Reporter) (kafkaclient.Producer, error) {
		c.reporter = r
		go c.run()
		return c, nil
	}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// message makes a message for the topic "t".
func message(t testing.TB, s *produce.Sender) *produce.Message {
	t.Helper()
	m, err := s.NewMessage("t")
	if err != nil {
		t.Fatal(err)
	}
	m.Record.Value = append(m.ValueBuffer(), "value"...)
	return m
}

func async(t testing.TB, s *produce.Sender, callback produce.Callback) {
	t.Helper()
	if err := s.ProduceAsync(context.Background(), message(t, s), callback); err != nil {
		t.Fatal(err)
	}
}

// closeAll acknowledges what is queued, and closes the sender.
func closeAll(t testing.TB, s *produce.Sender, c *client) {
	t.Helper()
	c.settle(-1, nil)
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n := s.Stats().Pending; n != 0 {
		t.Errorf("%d pending after Close", n)
	}
	if !c.isClosed() {
		t.Error("the client is not closed")
	}
}

var errBroker = &kafkaclient.Error{Kind: kafkaclient.MessageRefused, Text: "refused by the broker"}

var errUnreached = errors.New("no broker reached: brokers a:9092")
