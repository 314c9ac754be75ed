package consume_test

import (
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

// TestAPanicOfAnObserverIsRunsAndTheEngineStaysUsable: the panic is on the goroutine that owns the client.
func TestAPanicOfAnObserverIsRunsAndTheEngineStaysUsable(t *testing.T) {
	for _, at := range []string{"assigned", "polled", "committed", "revoked"} {
		t.Run(at, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.write("a", "b")
				panics := true
				check := func(now string) {
					if panics && now == at {
						panics = false
						panic("of an observer")
					}
				}
				n := w.node(func(c *consume.Config) {
					c.CommitInterval = time.Second
					c.Observer = consume.Observer{
						Assigned:  func([]kafkaclient.TopicPartition) { check("assigned") },
						Polled:    func(kafkaclient.TopicPartition, int, int64, time.Duration) { check("polled") },
						Committed: func([]kafkaclient.Position, time.Duration, error) { check("committed") },
						Revoked:   func([]kafkaclient.TopicPartition) { check("revoked") },
					}
				}, clienttest.ConsumerConfig{}, nil).run()
				after(3 * time.Second)
				if at == "revoked" {
					other := w.node(nil, clienttest.ConsumerConfig{}, nil).run()
					after(30 * time.Second)
					_ = other.stop()
				}
				if err := n.wait(); err == nil || !strings.Contains(err.Error(), "of an observer") {
					t.Fatalf("Run: %v", err)
				}
				w.write("c")
				n.run()
				after(30 * time.Second)
				if got := n.handled(); !strings.HasSuffix(got, "c") {
					t.Errorf("after the panic [%s] was handled", got)
				}
				began := time.Now()
				n.close()
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("Close took %v", took)
				}
			})
		})
	}
}
