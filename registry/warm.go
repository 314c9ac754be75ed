package registry

import (
	"context"
	"errors"
	"sync"
)

// warmWidth is how many requests Warm has under way at a time.
const warmWidth = 8

// Warm fills the caches with what programs that use the subjects are going to ask
// for: the latest version, every version and the schema of its id, the soft-deleted
// ones too, since records written with them may still be read, and all that these
// refer to. What is in the caches is not asked for again.
//
// It goes on after a failure and returns all of them joined; the rest is then
// in the caches. Subjects with more versions than the caches have room for
// ([WithCacheSize]) push out each other.
func (c *Client) Warm(ctx context.Context, subjects ...Subject) error {
	w := warmer{c: c, slots: make(chan struct{}, warmWidth), seen: make(map[versionKey]bool)}
	for _, subject := range subjects {
		w.fetch(ctx, versionKey{subject: subject})
	}
	w.running.Wait()
	return errors.Join(w.errs...)
}

type warmer struct {
	c       *Client
	slots   chan struct{}
	running sync.WaitGroup

	mu   sync.Mutex
	seen map[versionKey]bool
	errs []error
}

// fetch fetches one version, or for version 0 all of the subject, and then what
// it leads to, each once.
func (w *warmer) fetch(ctx context.Context, key versionKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	w.running.Go(func() {
		w.slots <- struct{}{} // whoever has one gives it back when ctx ends, at the latest
		next, err := w.ask(ctx, key)
		<-w.slots
		if err != nil {
			w.mu.Lock()
			w.errs = append(w.errs, err)
			w.mu.Unlock()
		}
		for _, key := range next {
			w.fetch(ctx, key)
		}
	})
}

func (w *warmer) ask(ctx context.Context, key versionKey) (next []versionKey, err error) {
	if key.version == 0 {
		versions, err := w.c.Versions(ctx, key.subject, IncludeDeleted())
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			next = append(next, versionKey{key.subject, v})
		}
		return append(next, versionKey{key.subject, LatestVersion}), nil
	}
	r, err := w.c.Version(ctx, key.subject, key.version)
	if err != nil {
		if key.version == LatestVersion && (errors.Is(err, ErrSubjectNotFound) || errors.Is(err, ErrVersionNotFound)) {
			return nil, nil // all of them are soft-deleted
		}
		return nil, err
	}
	for _, ref := range r.References {
		next = append(next, versionKey{ref.Subject, ref.Version})
	}
	return next, nil
}
