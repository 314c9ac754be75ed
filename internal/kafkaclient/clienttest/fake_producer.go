package clienttest

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// ProducerConfig configures a fake producer.
type ProducerConfig struct {
	TransactionalID string
	Capacity        int           // the most messages without a result; 0 is 100,000
	Latency         time.Duration // from sending to acknowledging
	Linger          time.Duration // from Produce to sending, unless Hurry is called
	Timeout         time.Duration // message.timeout.ms; 0 is 5 minutes
}

// FakeProducer is a producer of a Fake. One goroutine acknowledges its messages.
type FakeProducer struct {
	f    *Fake
	cfg  ProducerConfig
	name string
	to   kafkaclient.Reporter
	txn  *FakeTransactions

	kick chan struct{} // has room for one
	quit chan struct{}
	done chan struct{}

	queue      []*queued
	unreported int       // taken off the queue, not reported yet
	next       time.Time // when the goroutine looks again
	calls      int
	closed     bool
}

type queued struct {
	record   kafkaclient.Record
	token    any
	sent     time.Time // when it leaves the client
	latency  time.Duration
	deadline time.Time
	purged   bool
}

type result struct {
	token  any
	report kafkaclient.Report
}

var _ kafkaclient.Producer = (*FakeProducer)(nil)

// Producer returns a new producer, which calls to from its goroutine. The caller closes it.
func (f *Fake) Producer(cfg ProducerConfig, to kafkaclient.Reporter) *FakeProducer {
	if cfg.Capacity <= 0 {
		cfg.Capacity = 100_000
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Minute
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &FakeProducer{f: f, cfg: cfg, to: to, name: f.clientName("producer"),
		kick: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	if cfg.TransactionalID != "" {
		p.txn = &FakeTransactions{f: f, p: p}
	}
	go p.run()
	return p
}

// enter begins a call; the caller calls leave unless it gets an error.
func (p *FakeProducer) enter(op Op) error {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	if p.closed {
		p.f.violate("%s: %s after Close", p.name, op)
		return because(kafkaclient.Closed, string(op)+" after Close")
	}
	p.calls++
	return nil
}

func (p *FakeProducer) leave() {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.calls--
}

// Produce implements [kafkaclient.Producer].
func (p *FakeProducer) Produce(r *kafkaclient.Record, token any) error {
	if err := p.enter(OpProduce); err != nil {
		return err
	}
	defer p.leave()
	apply, err := p.f.local(OpProduce)
	if !apply {
		return err
	}
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	if e := p.admit(r); e != nil {
		return e
	}
	now := time.Now()
	q := &queued{record: cloneRecord(r), token: token, sent: now.Add(p.cfg.Linger),
		latency: p.cfg.Latency + p.f.faults.delays[OpDeliver], deadline: now.Add(p.cfg.Timeout)}
	if q.record.Timestamp.IsZero() {
		q.record.Timestamp = now
	}
	p.queue = append(p.queue, q)
	if q.sent.Add(q.latency).Before(p.next) {
		p.poke()
	}
	return err
}

// admit checks what the client itself checks.
func (p *FakeProducer) admit(r *kafkaclient.Record) *kafkaclient.Error {
	if p.txn != nil {
		if err := p.txn.admit(); err != nil {
			return err
		}
	}
	if reject := p.f.faults.reject; reject != nil {
		if err := reject(r); err != nil {
			return err
		}
	}
	if len(p.queue)+p.unreported >= p.cfg.Capacity {
		return NewError(kafkaclient.QueueFull)
	}
	return nil
}

func (p *FakeProducer) poke() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// Hurry implements [kafkaclient.Producer].
func (p *FakeProducer) Hurry() {
	if p.enter("Hurry") != nil {
		return
	}
	defer p.leave()
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.hurry()
}

func (p *FakeProducer) hurry() {
	now := time.Now()
	for _, q := range p.queue {
		q.sent = earlier(q.sent, now)
	}
	p.poke()
}

// Purge implements [kafkaclient.Producer].
func (p *FakeProducer) Purge() {
	if p.enter("Purge") != nil {
		return
	}
	defer p.leave()
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.purge()
}

func (p *FakeProducer) purge() {
	for _, q := range p.queue {
		q.purged = true
	}
	p.poke()
}

// Partitions implements [kafkaclient.Producer].
func (p *FakeProducer) Partitions(ctx context.Context, topic string) (int32, error) {
	if err := p.enter(OpPartitions); err != nil {
		return 0, err
	}
	defer p.leave()
	if _, err := p.f.request(ctx, OpPartitions); err != nil {
		return 0, err
	}
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	t := p.f.topics[topic]
	if t == nil {
		return 0, NewError(kafkaclient.UnknownTopic)
	}
	return int32(len(t.logs)), nil
}

// Transactions implements [kafkaclient.Producer].
func (p *FakeProducer) Transactions() kafkaclient.Transactions {
	if p.txn == nil { // an untyped nil
		return nil
	}
	return p.txn
}

// Connection implements [kafkaclient.Producer].
func (p *FakeProducer) Connection() error {
	if err := p.enter("Connection"); err != nil {
		return err
	}
	defer p.leave()
	return p.f.connection()
}

// Name implements [kafkaclient.Producer].
func (p *FakeProducer) Name() string { return p.name }

// Queued is how many messages have no result yet.
func (p *FakeProducer) Queued() int {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	return len(p.queue) + p.unreported
}

// Close implements [kafkaclient.Producer]. Messages that are queued get no result.
func (p *FakeProducer) Close() {
	if p.enter(OpClose) != nil {
		return
	}
	_, _ = p.f.local(OpClose)
	p.f.mu.Lock()
	if p.calls > 1 {
		p.f.violate("%s: Close during another call", p.name)
	}
	again := p.closed
	p.closed = true
	p.calls--
	if !again {
		close(p.quit)
	}
	p.f.mu.Unlock()
	<-p.done
}

// run reports what is due until Close.
func (p *FakeProducer) run() {
	defer close(p.done)
	for {
		p.f.mu.Lock()
		if p.closed {
			p.f.mu.Unlock()
			return
		}
		results, next := p.sweep(time.Now())
		p.unreported += len(results)
		p.next = next
		changed := p.f.changed
		p.f.mu.Unlock()
		if len(results) > 0 {
			p.report(results)
			continue
		}
		// No timer without need: it would keep the clock of a synctest bubble going.
		var due <-chan time.Time
		if next != never {
			due = time.After(time.Until(next))
		}
		select {
		case <-p.quit:
		case <-p.kick:
		case <-changed:
		case <-due:
		}
	}
}

// report calls the Reporter without the lock.
func (p *FakeProducer) report(results []result) {
	acknowledged := 0
	for _, r := range results {
		switch {
		case r.token != nil:
			p.to.Delivered(r.token, r.report)
		case r.report.Err != nil:
			p.to.Failed(r.report)
		default:
			acknowledged++
		}
	}
	if acknowledged > 0 {
		p.to.Acknowledged(acknowledged)
	}
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.unreported -= len(results)
	p.f.wake()
}

// partition chooses one as a client does: by the key, or in turn.
func (t *topic) partition(r *kafkaclient.Record) int32 {
	n := int32(len(t.logs))
	if r.Partition != kafkaclient.AnyPartition || n == 0 {
		return r.Partition
	}
	if r.Key == nil {
		t.spread++
		return (t.spread - 1) % n
	}
	h := fnv.New32a()
	_, _ = h.Write(r.Key)
	return int32(h.Sum32() % uint32(n))
}
