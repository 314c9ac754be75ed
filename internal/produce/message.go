package produce

import (
	"sync"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Delivery is where an acknowledged record is. It has the fields of the public Delivery.
type Delivery struct {
	Topic     string
	Partition int32
	Offset    int64
	// Timestamp is what the record was sent with, in milliseconds.
	Timestamp time.Time
}

// Callback takes the result of a message: a delivery, or an [*Error]. It runs on the client's
// goroutine for reports, and must not block. It is an interface so that a caller can pass a
// function with types of its own without a closure for each message: a func type with this
// method does not allocate.
type Callback interface {
	Delivered(d Delivery, err error)
}

// CallbackFunc is a function as a [Callback].
type CallbackFunc func(d Delivery, err error)

// Delivered calls f.
func (f CallbackFunc) Delivered(d Delivery, err error) { f(d, err) }

// Message is a record that is being made. It comes from a pool, and belongs to the caller
// until it is given to [Sender.Produce] or [Sender.ProduceAsync], or until Fail.
type Message struct {
	// Record has the topic; the partition is AnyPartition. Key, Value and Headers may point to
	// the message's own buffers or to other memory, which is not kept.
	Record kafkaclient.Record
	// Done is called exactly once with what becomes of the message, before the callback. It
	// is that of the interceptors; nil if there are none.
	Done Callback

	key, value []byte
	headers    []kafkaclient.Header
	pooled     bool
}

var messages = sync.Pool{New: func() any {
	return &Message{key: make([]byte, 0, 64), value: make([]byte, 0, 512), pooled: true}
}}

// KeyBuffer is an empty buffer to append the key to.
func (m *Message) KeyBuffer() []byte { return m.key[:0] }

// ValueBuffer is an empty buffer to append the value to.
func (m *Message) ValueBuffer() []byte { return m.value[:0] }

// AddHeader appends a header. Record.Headers moves to the message's own memory.
func (m *Message) AddHeader(h kafkaclient.Header) {
	if len(m.headers) == 0 {
		m.headers = append(m.headers, m.Record.Headers...)
	}
	m.headers = append(m.headers, h)
	m.Record.Headers = m.headers
}

// Fail gives the message up: it cannot be made. It calls Done and returns the error that it
// called it with.
func (m *Message) Fail(err error) error { return m.fail(err) }

// fail is the end of a message that is not queued.
func (m *Message) fail(err error) *Error {
	e := &Error{Topic: m.Record.Topic, Err: err}
	done := m.Done
	m.release()
	if done != nil {
		done.Delivered(Delivery{}, e)
	}
	return e
}

// The largest buffers that are kept for the next message.
const (
	maxPooled        = 64 << 10
	maxPooledHeaders = 64
)

// release gives the message back to the pool.
func (m *Message) release() {
	if !m.pooled {
		return
	}
	m.key = keepBuffer(m.key, m.Record.Key)
	m.value = keepBuffer(m.value, m.Record.Value)
	clear(m.headers)
	if m.headers = m.headers[:0]; cap(m.headers) > maxPooledHeaders {
		m.headers = nil
	}
	m.Record, m.Done = kafkaclient.Record{}, nil
	messages.Put(m)
}

// keepBuffer is the buffer, or one as large as the bytes that did not fit into it. The bytes
// themselves may be someone else's memory.
func keepBuffer(buffer, used []byte) []byte {
	if len(used) > cap(buffer) && len(used) <= maxPooled {
		return make([]byte, 0, min(2*len(used), maxPooled))
	}
	return buffer[:0]
}
