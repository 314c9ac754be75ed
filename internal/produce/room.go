package produce

import (
	"context"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// put queues a record in the client. While the queue is full it waits until ctx is done or
// Close begins. The record is counted in, which keeps the client open.
func (s *Sender) put(ctx context.Context, r *kafkaclient.Record, token any) error {
	err := s.enqueue(r, token)
	if err == nil || kafkaclient.KindOf(err) != kafkaclient.QueueFull {
		return s.explain(err)
	}

	s.roomWanted.Add(1)
	defer s.roomWanted.Add(-1)
	pause := time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		// A client may report a message a moment before it frees its room, and the report
		// may come before we wait: hence the timer besides the token.
		select {
		case <-s.room:
			pause = time.Millisecond
		case <-timer.C:
			pause = min(2*pause, 50*time.Millisecond)
		case <-ctx.Done():
			return s.explain(context.Cause(ctx))
		case <-s.lifetime.Done():
			return ErrClosed
		}
		err := s.enqueue(r, token)
		if err == nil || kafkaclient.KindOf(err) != kafkaclient.QueueFull {
			s.offerRoom() // what is left of it, to the next in line
			return s.explain(err)
		}
		timer.Reset(pause)
	}
}

// enqueue calls the client. The report may come, and the message be counted out, before the
// client has returned: the call keeps the client open by itself.
func (s *Sender) enqueue(r *kafkaclient.Record, token any) error {
	s.calls.Inc()
	defer s.returned.Inc()
	return s.client.Produce(r, token)
}

// freed says that a report came, and with it perhaps room.
func (s *Sender) freed() {
	if s.roomWanted.Load() > 0 {
		s.offerRoom()
	}
}

func (s *Sender) offerRoom() {
	select {
	case s.room <- struct{}{}:
	default:
	}
}
