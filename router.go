package concord

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// ErrNoRoute is the error of a [Router] for a message whose value has a type without a handler.
var ErrNoRoute = errors.New("concord: no handler for values of this type")

// Router is a handler for each of several types of values. It is for a [Consumer] whose V is an
// interface, as those of [serde.OneOf] are; its method Handle is the consumer's [Handler]. A Router does not
// change, and is safe for concurrent use.
//
//	router, err := concord.NewRouter(
//		concord.On[Event](func(ctx context.Context, m *concord.Message[string, OrderPlaced]) error { ... }),
//		concord.On[Event](func(ctx context.Context, m *concord.Message[string, *OrderShipped]) error { ... }),
//	)
//	err = c.Run(ctx, []string{"orders"}, router.Handle)
//
// A value without a handler is an error, [ErrNoRoute], which no further attempt mends, unless there is one for
// [Otherwise]. That gets tombstones, too, which have no type. A nil value that is no
// tombstone was left out on purpose ([serde.Sum.IgnoringOthers]) and is no error.
type Router[K, E any] struct {
	byType    map[reflect.Type]Handler[K, E]
	otherwise Handler[K, E]
}

// Route is one handler of a [Router]; [On] and [Otherwise] make one.
type Route[K, E any] struct {
	typ       reflect.Type // nil: otherwise
	implement bool         // typ is an E
	handle    Handler[K, E]
}

// On routes values of type T, which must be an E, to handler. The message is a copy with the value as
// what it is.
func On[E, K, T any](handler Handler[K, T]) Route[K, E] {
	r := Route[K, E]{typ: reflect.TypeFor[T]()}
	e := reflect.TypeFor[E]()
	r.implement = e.Kind() == reflect.Interface && r.typ.Kind() != reflect.Interface && r.typ.Implements(e)
	if handler != nil {
		r.handle = func(ctx context.Context, m *Message[K, E]) error {
			return handler(ctx, &Message[K, T]{
				Topic: m.Topic, Key: m.Key, Value: any(m.Value).(T), NullKey: m.NullKey, Tombstone: m.Tombstone, Headers: m.Headers, Timestamp: m.Timestamp,
				ToPartition: m.ToPartition, Partition: m.Partition, Offset: m.Offset, Attempt: m.Attempt, RetryTopics: m.RetryTopics, KeyInfo: m.KeyInfo, ValueInfo: m.ValueInfo,
			})
		}
	}
	return r
}

// Otherwise routes what no other route takes: values of other types, and tombstones.
func Otherwise[K, E any](handler Handler[K, E]) Route[K, E] { return Route[K, E]{handle: handler} }

// NewRouter makes a router. A type given twice, one that is no E, and a nil handler are errors.
func NewRouter[K, E any](routes ...Route[K, E]) (*Router[K, E], error) {
	r := &Router[K, E]{byType: make(map[reflect.Type]Handler[K, E], len(routes))}
	for _, route := range routes {
		switch {
		case route.handle == nil:
			return nil, errors.New("concord: a route without a handler")
		case route.typ == nil && r.otherwise != nil:
			return nil, errors.New("concord: a router has Otherwise twice")
		case route.typ == nil:
			r.otherwise = route.handle
			continue
		case !route.implement:
			return nil, fmt.Errorf("concord: a route for %v, which is no %v", route.typ, reflect.TypeFor[E]())
		case r.byType[route.typ] != nil:
			return nil, fmt.Errorf("concord: two routes for %v", route.typ)
		}
		r.byType[route.typ] = route.handle
	}
	return r, nil
}

// Handle calls the handler for the message's value.
func (r *Router[K, E]) Handle(ctx context.Context, m *Message[K, E]) error {
	t := reflect.TypeOf(m.Value)
	if handle := r.byType[t]; handle != nil && !m.Tombstone {
		return handle(ctx, m)
	}
	switch {
	case t == nil && !m.Tombstone:
		return nil
	case r.otherwise != nil:
		return r.otherwise(ctx, m)
	case m.Tombstone:
		return Permanent(fmt.Errorf("a tombstone: %w", ErrNoRoute))
	}
	return Permanent(fmt.Errorf("%v: %w", t, ErrNoRoute))
}
