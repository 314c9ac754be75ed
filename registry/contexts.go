package registry

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
)

// Contexts lists the schema contexts of the registry, whatever the client's own is:
// "." for the default one, which is always there, and ".staging" for instance
// (GET /contexts).
func (c *Client) Contexts(ctx context.Context, opts ...ContextsOption) ([]string, error) {
	var cfg listConfig
	for _, opt := range opts {
		opt.applyContexts(&cfg)
	}
	req := newRequest(http.MethodGet, "/contexts")
	req.query = cfg.query("contextPrefix")
	var contexts []string
	err := c.do(ctx, req, into(&contexts, notNull))
	return contexts, err
}

// DeleteContext takes an empty schema context, "staging" or ".staging", off the
// list (DELETE /contexts/{context}); its configuration and mode stay. The error
// matches [ErrContextNotEmpty] while it has subjects, soft-deleted ones included.
// One that does not exist is no error. The default context cannot be deleted.
func (c *Client) DeleteContext(ctx context.Context, name string) error {
	prefix, err := contextPrefix(name)
	req := newRequest(http.MethodDelete, "/contexts/{context}", strings.Trim(prefix, ":"))
	if err != nil {
		return req.error(err)
	}
	if prefix == "" {
		return req.error(errors.New("the default context cannot be deleted"))
	}
	defer func() {
		c.settingChanged()
		if prefix == c.context { // whose ids begin anew
			c.ids.forget(func(SchemaID) bool { return true }, nil)
		}
	}()
	return c.do(ctx, req, func(data []byte) error {
		if len(bytes.TrimSpace(data)) > 0 { // 204
			return errors.New("there is something in it")
		}
		return nil
	})
}
