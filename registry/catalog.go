package registry

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"
)

// defaultPageSize is how many schemas one request of Schemas asks for.
const defaultPageSize = 500

// Listed is a version as Schemas lists it.
type Listed struct {
	Registered
	Deleted bool      // softly
	Time    time.Time // when it was registered; zero where the registry does not say
	Aliases []Subject // the names that stand for its subject, with the option Aliases
}

type wireListed struct {
	wireSchema
	Time    *int64    `json:"ts"`
	Deleted bool      `json:"deleted"`
	Aliases []Subject `json:"aliases"`
}

func (w *wireListed) listed() (Listed, error) {
	if w.Subject == "" {
		return Listed{}, errors.New(`it has no "subject"`)
	}
	r, err := w.registered(w.Subject)
	l := Listed{Registered: r, Deleted: w.Deleted, Aliases: w.Aliases}
	if w.Time != nil {
		l.Time = time.UnixMilli(*w.Time)
	}
	return l, err
}

// Schemas lists the live versions of every context, or of the client's where it
// has one, with their schemas (GET /schemas), subject by subject:
//
//	for listed, err := range reg.Schemas(ctx, registry.LatestOnly()) {
//		if err != nil {
//			return err
//		}
//		...
//	}
//
// It asks for a page ([PageSize]) when the one before is used up. The first error
// is the last thing it gives. Where versions come or go meanwhile, one may be
// given twice or not at all: the registry counts from the start for each page.
// Nothing of it is kept.
func (c *Client) Schemas(ctx context.Context, opts ...SchemasOption) iter.Seq2[Listed, error] {
	var cfg listConfig
	for _, opt := range opts {
		opt.applySchemas(&cfg)
	}
	if cfg.prefix = c.prefix(cfg.prefix); cfg.prefix == "" {
		cfg.prefix = ":*:" // as GET /subjects does by itself
	}
	if cfg.limit <= 0 {
		cfg.limit = defaultPageSize
	}
	return func(yield func(Listed, error) bool) {
		cfg := cfg // the sequence may be walked again
		var before []Listed
		for {
			page, err := c.schemasPage(ctx, &cfg)
			if err != nil {
				yield(Listed{}, err)
				return
			}
			if len(page) == 0 || slices.EqualFunc(page, before, samePlace) {
				return // the end; or the registry does not know pages, and gives all again
			}
			for _, l := range page {
				if !yield(l, nil) {
					return
				}
			}
			if len(page) > cfg.limit { // it does not know pages: this was all
				return
			}
			cfg.offset += len(page)
			before = page
		}
	}
}

func samePlace(a, b Listed) bool { return a.Subject == b.Subject && a.Version == b.Version }

func (c *Client) schemasPage(ctx context.Context, cfg *listConfig) ([]Listed, error) {
	req := newRequest(http.MethodGet, "/schemas")
	req.query = cfg.query(subjectPrefix)
	var page []Listed
	var wire []wireListed
	err := c.do(ctx, req, into(&wire, func(wire *[]wireListed) error {
		page = make([]Listed, 0, len(*wire))
		for _, w := range *wire {
			l, err := w.listed()
			if err != nil {
				return err
			}
			page = append(page, l)
		}
		return notNull(wire)
	}))
	return page, err
}
