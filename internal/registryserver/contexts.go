package registryserver

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// listContexts is GET /contexts.
func (c *call) listContexts() (any, error) {
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	names := []string{defaultContext}
	for _, n := range slices.Sorted(maps.Keys(c.e.state.contexts)) {
		if n != defaultContext {
			names = append(names, n)
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, c.query.Get("contextPrefix")) })
	return page(c, names, math.MaxInt32)
}

// deleteContext is DELETE /contexts/{context}.
func (c *call) deleteContext() (any, error) {
	e, context := c.e, contextName(c.param("context"))
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.state.contexts[context]
	if known == nil {
		return noContent{}, nil
	}
	if len(known.subjects) > 0 {
		return nil, fail(registry.ErrContextNotEmpty, "The context '%s' is not empty", context)
	}
	return noContent{}, e.commit(op{DropContext: &dropContext{context}})
}

// contextName is a context as paths have it, with the dot that they may leave out
// and without the colons that they may have.
func contextName(text string) string {
	text = strings.TrimSuffix(strings.TrimPrefix(text, ":"), ":")
	if text == anyContext || strings.HasPrefix(text, ".") {
		return text
	}
	return "." + text
}
