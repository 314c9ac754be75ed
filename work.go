package concord

import (
	"context"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/serde"
)

// work is the typed half of a worker: the one place where records become messages.
type work[K, V any] struct {
	consumer *Consumer[K, V]
	handler  Handler[K, V]
	message  *Message[K, V] // of the last Decode
}

// Decode is for [handle.Work].
func (w *work[K, V]) Decode(ctx context.Context, in *handle.Input) *handle.Failure {
	if w.consumer.decoded == nil {
		return w.decode(ctx, in)
	}
	began := time.Now()
	failed := w.decode(ctx, in)
	d := Decoded{Topic: w.message.Topic, Key: w.message.KeyInfo, Value: w.message.ValueInfo, Took: time.Since(began)}
	if failed != nil {
		at := *failed
		at.Topic, at.Partition, at.Offset = in.Record.Topic, in.Record.Partition, in.Record.Offset
		d.Err = recordError(&at)
	}
	w.consumer.decoded(d)
	return failed
}

func (w *work[K, V]) decode(ctx context.Context, in *handle.Input) *handle.Failure {
	c, r := w.consumer, in.Record
	m := &Message[K, V]{Topic: in.Origin.Topic, Partition: in.Origin.Partition, Offset: in.Origin.Offset, Timestamp: r.Timestamp, Headers: r.Headers, Attempt: in.Attempt}
	w.message = m
	in.SchemaID, in.GUID = 0, serde.Info{}.GUID
	if in.Retried.Count > 0 { // it looks as it did the first time
		m.Headers, m.RetryTopics = reroute.OwnHeaders(r.Headers), in.Retried.Count
		if !in.Retried.Timestamp.IsZero() {
			m.Timestamp = in.Retried.Timestamp
		}
	}
	m.Headers = cloneHeaders(m.Headers) // the handler may change its own; the record may be tried again, or republished
	var err error
	m.KeyInfo, err = c.key.Deserialize(ctx, serde.KeyOf(m.Topic), serde.Data{Bytes: r.Key, Headers: r.Headers, Given: true}, &m.Key)
	if err != nil {
		return &handle.Failure{Stage: handle.ReadingKey, SchemaID: m.KeyInfo.SchemaID, GUID: m.KeyInfo.GUID, Err: err}
	}
	m.NullKey = m.KeyInfo.Tombstone
	m.ValueInfo, err = c.value.Deserialize(ctx, serde.ValueOf(m.Topic), serde.Data{Bytes: r.Value, Headers: r.Headers, Given: true}, &m.Value)
	if err != nil {
		return &handle.Failure{Stage: handle.ReadingValue, SchemaID: m.ValueInfo.SchemaID, GUID: m.ValueInfo.GUID, Err: err}
	}
	m.Tombstone = m.ValueInfo.Tombstone
	in.SchemaID, in.GUID = m.ValueInfo.SchemaID, m.ValueInfo.GUID
	return nil
}

// Handle is for [handle.Work].
func (w *work[K, V]) Handle(ctx context.Context) error { return w.handler(ctx, w.message) }

// Outputs is for [handle.Work].
func (w *work[K, V]) Outputs() []*produce.Output { return nil }

// cloneHeaders copies headers and their values.
func cloneHeaders(headers []kafkaclient.Header) []Header {
	if len(headers) == 0 {
		return headers
	}
	size := 0
	for i := range headers {
		size += len(headers[i].Value)
	}
	values := make([]byte, 0, size)
	clones := make([]Header, len(headers))
	for i, h := range headers {
		clones[i].Key = h.Key
		if h.Value != nil {
			begin := len(values)
			values = append(values, h.Value...)
			clones[i].Value = values[begin:len(values):len(values)]
		}
	}
	return clones
}
