//go:build cgo

package rdkafka

import (
	"sync"
	"sync/atomic"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// connection remembers whether a broker is reached. It is safe for concurrent use.
type connection struct {
	brokers string
	ok      atomic.Bool // something has proved that a broker is reached, and nothing spoke against it since

	mu   sync.Mutex
	last *kafkaclient.Error // the last error while no broker was reached
}

// reached is called with each proof: a message, a delivery, an answer.
func (c *connection) reached() {
	if c.ok.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = nil
	c.ok.Store(true)
}

// failed is called with an error of the event stream; it reports whether that is one of the
// connection. While a broker is reached, trouble with another one does not count: only the
// error that all are down does.
func (c *connection) failed(e kafka.Error) bool {
	switch e.Code() {
	case kafka.ErrAllBrokersDown, kafka.ErrTransport, kafka.ErrResolve, kafka.ErrAuthentication, kafka.ErrSaslAuthenticationFailed, kafka.ErrSsl:
	default:
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	down := e.Code() == kafka.ErrAllBrokersDown
	if c.ok.Load() && !down {
		return true
	}
	c.ok.Store(false)
	if !down || c.last == nil { // "1/1 brokers are down" says less than what came before
		c.last = toError(e)
	}
	return true
}

// err names the brokers and the last error; nil while a broker is reached or none was tried.
func (c *connection) err() error {
	if c.ok.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		return nil
	}
	e := *c.last
	e.Text = "no broker reached: brokers " + c.brokers + "; last error: " + c.last.Text
	e.Err = c.last
	return &e
}
