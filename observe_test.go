//go:build cgo

package concord_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

func TestAnObserverIsToldOfWhatIsDone(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var mu sync.Mutex
	var encoded, decoded, failed, records int
	var committed []concord.Position
	observe := concord.WithObserver(concord.Observer{
		OnEncoded: func(e concord.Encoded) {
			mu.Lock()
			defer mu.Unlock()
			if encoded++; e.Topic != "t" || e.Took <= 0 || e.Err == nil && e.Size == 0 {
				t.Errorf("%+v", e)
			}
		},
		OnDecoded: func(d concord.Decoded) {
			mu.Lock()
			defer mu.Unlock()
			if decoded++; d.Topic != "t" || d.Took <= 0 {
				t.Errorf("%+v", d)
			}
			if d.Err != nil {
				failed++
				if _, ok := errors.AsType[*concord.RecordError](d.Err); !ok || d.Value.SchemaID != 7 {
					t.Errorf("%+v", d)
				}
			}
		},
		OnPolled: func(p concord.Polled) {
			mu.Lock()
			defer mu.Unlock()
			if records += p.Records; p.Topic != "t" || p.Took < 0 || p.Records < 1 {
				t.Errorf("%+v", p)
			}
		},
		OnCommitted: func(c concord.Committed) {
			mu.Lock()
			defer mu.Unlock()
			if committed = append(committed, c.Positions...); c.Group != "g" || c.Err != nil {
				t.Errorf("%+v", c)
			}
		},
	})
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet, observe)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(testContext(t))
	partition := int32(2)
	for _, v := range []string{"a", "poison", "b"} {
		if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: v, ToPartition: &partition}); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.Stats(); s != (concord.ProducerStats{Delivered: 3}) {
		t.Errorf("%+v", s)
	}
	c := pickyConsumer(t, bootstrap, nil, observe, concord.WithStopAtEnd(), concord.WithPolicy(func(concord.Failure) concord.Action { return concord.SkipRecord }))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if encoded != 3 || decoded != 3 || failed != 1 || records != 3 || !slices.Contains(committed, concord.Position{Topic: "t", Partition: 2, Offset: 3}) {
		t.Errorf("%d encoded, %d decoded, %d of them failed, %d polled, committed %v", encoded, decoded, failed, records, committed)
	}
}

func TestLagIsWhatIsNotHandled(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	partition := int32(1)
	for i := range 10 {
		if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: fmt.Sprint(i), ToPartition: &partition}); err != nil {
			t.Fatal(err)
		}
	}
	c := consumerWith(t, bootstrap, "g")
	ctx, cancel := context.WithCancel(testContext(t))
	release := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			if m.Value == "4" {
				<-release
			}
			return nil
		})
	}()
	await := func(want int64) {
		t.Helper()
		var lag []concord.PartitionLag
		for ctx.Err() == nil {
			if lag = c.Stats().Lag; slices.Equal(lag, []concord.PartitionLag{{Topic: "t"}, {Topic: "t", Partition: 1, Records: want}, {Topic: "t", Partition: 2}}) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("lag %v, want %d", lag, want)
	}
	await(6)
	close(release)
	await(0)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheConfigurationIsLoggedOnceWithoutSecrets(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := concord.WithLogger(slog.New(slog.NewTextHandler(&buf, nil)))
	p, err := concord.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": "localhost:1,other:1", "sasl.oauthbearer.token.endpoint.url": "https://id:hunter1@localhost/token", "sasl.password": "hunter2", "sasl.username": "ada", "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN",
		"ssl.key.password": "hunter3",
	}, concord.String(), concord.String(), log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	if strings.Contains(text, "hunter") {
		t.Errorf("a secret is logged: %s", text)
	}
	for _, want := range []string{"settings.linger.ms=5", "settings.sasl.username=ada", "settings.sasl.password=[redacted]", "settings.sasl.oauthbearer.token.endpoint.url=[redacted]", "settings.acks=all"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
}
