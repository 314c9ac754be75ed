//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord"
)

func TestAPanicBecomesAFailureOfItsRecord(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a", "value", "runtime", "b")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var book logBook
	var asked []*concord.PanicError
	policy := concord.DefaultPolicy(1)
	c := consumerWith(t, bootstrap, "g", concord.WithRecover(), book.option(slog.LevelDebug), concord.WithStopAtEnd(), concord.WithRetryPause(time.Millisecond, time.Millisecond),
		concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")), concord.WithPolicy(func(f concord.Failure) concord.Action {
			e, ok := errors.AsType[*concord.PanicError](f.Err)
			if !ok || f.Stage != concord.Handling {
				t.Errorf("asked about %v", f.Err)
			}
			asked = append(asked, e)
			return policy(f)
		}))
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		got = append(got, m.Value)
		switch m.Value {
		case "value":
			panicWith(struct{ Payload string }{"a secret of the payload"})
		case "runtime":
			var none []int
			none[len(got)]++
		}
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[a value value runtime runtime b]" {
		t.Errorf("handled %v, %v", got, err)
	}
	if len(asked) != 4 {
		t.Fatalf("the policy was asked %d times", len(asked))
	}
	if v, ok := asked[0].Value.(struct{ Payload string }); !ok || v.Payload == "" || !strings.Contains(string(asked[0].Stack), "panicWith") {
		t.Errorf("value %T, stack without the function that panicked: %s", asked[0].Value, asked[0].Stack)
	}
	if text := asked[0].Error(); strings.Contains(text, "secret") || !strings.Contains(text, "struct") {
		t.Errorf("text %q, want the type of the value and not the value", text)
	}
	if text := asked[2].Error(); !strings.Contains(text, "index out of range") {
		t.Errorf("text %q, want that of the runtime's error", text)
	}
	found := deadLetters(t, bootstrap, "t.dead")
	if len(found) != 2 {
		t.Fatalf("%d dead letters", len(found))
	}
	for _, m := range found {
		for _, h := range m.Headers {
			if strings.Contains(string(h.Value), "secret") {
				t.Errorf("header %s of a dead letter has the panic's value", h.Key)
			}
		}
	}
	if strings.Contains(book.String(), "secret") {
		t.Error("the log has the panic's value")
	}
}

func panicWith(v any) { panic(v) }

func TestAPanicIsAFailureOfATransform(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	produce(t, bootstrap, "t", "a", "b")
	c, p := newTransformer(t, bootstrap, "x", concord.WithRecover(), concord.WithStopAtEnd(), concord.WithPolicy(concord.DefaultPolicy(1)), concord.WithRetryPause(time.Millisecond, time.Millisecond))
	attempts := 0
	err := concord.Transform(testContext(t), c, p, []string{"t"}, func(ctx context.Context, m *texts, send func(texts) error) error {
		if err := copying(ctx, m, send); err != nil {
			return err
		}
		if attempts++; attempts == 1 {
			panic("after it has sent")
		}
		return nil
	})
	if err != nil || attempts != 3 {
		t.Fatalf("%d attempts, %v", attempts, err)
	}
	if got := committed(t, bootstrap, "out")[0]; len(got) != 2 {
		t.Errorf("%d messages, want what was sent in attempts that did not fail", len(got))
	}
}
