package concord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
)

// Replay is what [ReplayDeadLetters] did.
type Replay struct {
	Replayed int // dead letters that were written back
	// Skipped counts records that are no dead letters, those of other sources, those that
	// the filter or the limit of replays left out, and those without their value.
	Skipped int
}

// replayCounts are counted by several handlers at once.
type replayCounts struct{ replayed, skipped atomic.Int64 }

func (c *replayCounts) replay() Replay {
	return Replay{Replayed: int(c.replayed.Load()), Skipped: int(c.skipped.Load())}
}

// ReplayOption changes [ReplayDeadLetters].
type ReplayOption interface{ applyReplay(*replayOptions) }

type replayOptions struct {
	to      func(from Origin) string
	filter  func(DeadLetter, *Message[[]byte, []byte]) bool
	replays int
}

type replayOption func(*replayOptions)

func (f replayOption) applyReplay(o *replayOptions) { f(o) }

// ReplayTo writes to another topic than the source. Every group that reads the source topic sees what is replayed
// to it; a topic of its own, a retry topic, for example, is for one. The default, also for nil, is the source topic.
func ReplayTo(to func(from Origin) string) ReplayOption {
	return replayOption(func(o *replayOptions) { o.to = to })
}

// ReplayOnly replays the dead letters for which filter returns true. The default, also for nil, is all.
func ReplayOnly(filter func(d DeadLetter, m *Message[[]byte, []byte]) bool) ReplayOption {
	return replayOption(func(o *replayOptions) { o.filter = filter })
}

// ReplayLimit leaves out records that were replayed so many times before. Zero means no limit, which is the default.
func ReplayLimit(replays int) ReplayOption {
	return replayOption(func(o *replayOptions) { o.replays = max(replays, 0) })
}

// ReplayDeadLetters reads the dead-letter topics and writes dead letters of the source topics back to where they come
// from, when what was wrong is mended. It ends at the end of the topics as it was at its start, so that a record that
// is dead-lettered again meanwhile is not replayed again, or when ctx is done. c's group remembers what was replayed. Each
// message is acknowledged before its dead letter's offset is committed: none is lost, and one may be replayed twice.
//
// A replayed record has the key, value and headers that it had, the header concord.replay.count, and
// concord.replay.topic, .partition and .offset, which say where it was first. It goes to the partition of its key, and where that is null, to the
// partition that it came from. Headers of a dead letter can be forged: what does not
// come from one of sources is passed over, whatever they say.
func ReplayDeadLetters(ctx context.Context, c *Consumer[[]byte, []byte], p *Producer[[]byte, []byte], deadLetterTopics, sources []string, opts ...ReplayOption) (Replay, error) {
	var o replayOptions
	for _, opt := range opts {
		if opt != nil {
			opt.applyReplay(&o)
		}
	}
	if o.to == nil {
		o.to = func(from Origin) string { return from.Topic }
	}
	if len(sources) == 0 {
		return Replay{}, &ConsumeError{Doing: "replay", Err: errors.New("the source topics must be named: a dead letter's headers can name any topic")}
	}
	var counts replayCounts
	err := c.run(ctx, deadLetterTopics, func(handling context.Context, m *Message[[]byte, []byte]) error {
		err := o.replay(handling, m, p, sources, &counts)
		if err != nil && ctx.Err() != nil {
			return handle.ErrAbandon // not committed: the next replay begins with it
		}
		return err
	}, consume.Mode{StopAt: consume.StopAtFirstEnd})
	return counts.replay(), err
}

// replay writes one dead letter back.
func (o *replayOptions) replay(ctx context.Context, m *Message[[]byte, []byte], p *Producer[[]byte, []byte], sources []string, counts *replayCounts) error {
	parsed, ok := reroute.ParseDeadLetter(m.Headers)
	if !ok || !slices.Contains(sources, parsed.Origin.Topic) || o.replays > 0 && parsed.Replays >= o.replays {
		counts.skipped.Add(1)
		return nil
	}
	if d, _ := ParseDeadLetter(m.Headers); o.filter != nil && !o.filter(d, m) {
		counts.skipped.Add(1)
		return nil
	}
	to := o.to(Origin(parsed.Origin))
	in := &kafkaclient.Record{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Key: m.Key, Value: m.Value, Headers: m.Headers, Timestamp: m.Timestamp}
	out, ok := reroute.Replayed(in, parsed, to)
	if !ok { // only the reference is left of it
		counts.skipped.Add(1)
		return nil
	}
	message := Message[[]byte, []byte]{
		Topic: out.Topic, Key: out.Key, NullKey: out.Key == nil, Value: out.Value, Tombstone: out.Value == nil, Headers: out.Headers, Timestamp: out.Timestamp,
	}
	if out.Partition >= 0 {
		message.ToPartition = &out.Partition
	}
	if _, err := p.Produce(ctx, message); err != nil {
		return fmt.Errorf("replaying to %s: %w", to, err)
	}
	counts.replayed.Add(1)
	return nil
}
