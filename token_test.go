//go:build cgo

package concord_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

var oauth = kafka.ConfigMap{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}

// acceptTokens has the broker, which does not know OAUTHBEARER, take any token, and passes on what it gets.
func acceptTokens(cluster *kfake.Cluster) <-chan string {
	got := make(chan string, 100)
	cluster.ControlKey(kmsg.SASLHandshake.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		resp := r.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.SupportedMechanisms = []string{"OAUTHBEARER"}
		return resp, nil, true
	})
	cluster.ControlKey(kmsg.SASLAuthenticate.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		got <- string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes)
		return r.ResponseKind(), nil, true
	})
	return got
}

func TestATokenSourceAuthenticatesProducersAndConsumers(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	got := acceptTokens(cluster)
	var calls atomic.Int32
	tokens := concord.WithTokenSource(func(context.Context) (concord.Token, error) {
		calls.Add(1)
		return concord.Token{Value: "a-token", Expires: time.Now().Add(time.Hour), Principal: "ada", Extensions: map[string]string{"logicalCluster": "lkc-1"}}, nil
	})
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for k, v := range oauth {
		config[k] = v
	}
	p, err := concord.NewProducer(&config, concord.String(), concord.String(), quiet, tokens)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(testContext(t))
	if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: "a"}); err != nil {
		t.Fatal(err)
	}
	select {
	case sent := <-got: // RFC 7628, section 3.1
		if !strings.Contains(sent, "auth=Bearer a-token\x01") || !strings.Contains(sent, "logicalCluster=lkc-1\x01") {
			t.Errorf("the broker got %q", sent)
		}
	default:
		t.Error("the broker got no token")
	}
	before := calls.Load()
	c := memberOf(t, bootstrap, "g", oauth, tokens, concord.WithStopAtEnd())
	defer closeNow(t, c)
	if got := readAll(t, c); len(got) != 1 || before == 0 || calls.Load() == before {
		t.Errorf("read %v, the source was called %d and %d times", got, before, calls.Load())
	}
}

func TestATokenSourcesErrorIsInTheLogAndInThatOfProduce(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	acceptTokens(cluster)
	var book logBook
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for k, v := range oauth {
		config[k] = v
	}
	p, err := concord.NewProducer(&config, concord.String(), concord.String(), book.option(slog.LevelInfo),
		concord.WithTokenSource(func(context.Context) (concord.Token, error) {
			return concord.Token{}, errors.New("the identity service is unavailable")
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.Close(ctx)
	}()
	await(t, testContext(t), "the log line", func() bool { return strings.Contains(book.String(), "the identity service is unavailable") })
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = p.Produce(ctx, texts{Topic: "t", Value: "a"})
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Produce: %v", err)
	}
}

func TestCloseEndsATokenSourceThatHangs(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	called, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	tokens := concord.WithTokenSource(func(ctx context.Context) (concord.Token, error) {
		once.Do(func() { close(called) })
		<-ctx.Done()
		close(ended)
		return concord.Token{}, ctx.Err()
	})
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for k, v := range oauth {
		config[k] = v
	}
	p, err := concord.NewProducer(&config, concord.String(), concord.String(), quiet, tokens)
	if err != nil {
		t.Fatal(err)
	}
	<-called
	if err := p.Close(testContext(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
	<-ended
}

func TestStatisticsArriveAsJSON(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	type named struct{ Type string }
	got := make(chan named, 1000)
	statistics := concord.WithStatistics(func(b []byte) {
		var n named
		if err := json.Unmarshal(bytes.Clone(b), &n); err != nil {
			t.Errorf("%v: %.100s", err, b)
		}
		select {
		case got <- n:
		default:
		}
	})
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "statistics.interval.ms": 50}, concord.String(), concord.String(), quiet, statistics)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(testContext(t))
	c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"statistics.interval.ms": 50}, statistics)
	defer closeNow(t, c)
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	seen := make(map[string]bool)
	run.await("those of both", func() bool {
		select {
		case n := <-got:
			seen[n.Type] = true
		default:
		}
		return seen["producer"] && seen["consumer"]
	})
	if err := run.end(); err != nil {
		t.Error(err)
	}
}
