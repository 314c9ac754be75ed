package concord

import (
	"context"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
)

// loop is a Run that a loop over [Consumer.Messages] handles for.
type loop[K, V any] struct {
	ctx   context.Context // of Messages
	turns chan turn[K, V]
	left  chan struct{} // closed when the loop is left

	ended    chan struct{} // closed when Run has returned
	err      error         // of Run; read it after ended
	panicked any           // of Run, for the goroutine that ranges
}

// turn is a record on its way to a loop's body.
type turn[K, V any] struct {
	message *Message[K, V]
	done    chan struct{} // closed when the loop asks for the next record
}

func (l *loop[K, V]) run(c *Consumer[K, V], topics []string) {
	defer close(l.ended)
	defer func() { l.panicked = recover() }()
	l.err = c.runWith(l.ctx, topics, func() handle.Work { return &loopWork[K, V]{work: work[K, V]{consumer: c}, loop: l} }, consume.Mode{})
}

// loopWork hands records over to a loop.
type loopWork[K, V any] struct {
	work[K, V]
	loop    *loop[K, V]
	givenUp <-chan struct{}
}

// Decode is for [handle.Work].
func (w *loopWork[K, V]) Decode(ctx context.Context, in *handle.Input) *handle.Failure {
	w.givenUp = in.GivenUp
	return w.work.Decode(ctx, in)
}

// Handle gives a record to the loop, and waits until the loop asks for the next one. A record that
// the loop has not seen, or not done, is abandoned: that is no failure. An interceptor's context does not end the
// wait for the loop's turn, which other records may delay.
func (w *loopWork[K, V]) Handle(context.Context) error {
	t := turn[K, V]{w.message, make(chan struct{})}
	select {
	case w.loop.turns <- t:
	case <-w.loop.ctx.Done():
		return handle.ErrAbandon
	case <-w.loop.left:
		return handle.ErrAbandon
	case <-w.givenUp:
		return handle.ErrAbandon
	}
	select {
	case <-t.done:
		return nil
	case <-w.loop.left:
	}
	select {
	case <-t.done: // before the loop was left
		return nil
	default:
		return handle.ErrAbandon
	}
}
