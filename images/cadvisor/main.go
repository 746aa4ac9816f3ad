// A cAdvisor for containers of Docker, over the library that google/cadvisor publishes as a Go module: its flags and its
// metrics, without its web pages and its REST API.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/cadvisor/cache/memory"
	"github.com/google/cadvisor/container"
	_ "github.com/google/cadvisor/container/containerd/install"
	_ "github.com/google/cadvisor/container/docker/install"
	// Without these, every metric of a file system is missing.
	_ "github.com/google/cadvisor/fs/btrfs/install"
	_ "github.com/google/cadvisor/fs/nfs/install"
	_ "github.com/google/cadvisor/fs/overlay/install"
	_ "github.com/google/cadvisor/fs/tmpfs/install"
	_ "github.com/google/cadvisor/fs/vfs/install"
	info "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/metrics"
	"github.com/google/cadvisor/utils/sysfs"
	"github.com/google/cadvisor/version"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// Flags that the library does not declare itself. Names and defaults are upstream's.
var (
	listenIP        = flag.String("listen_ip", "", "address to listen on; all if empty")
	port            = flag.Int("port", 8080, "port to listen on")
	endpoint        = flag.String("prometheus_endpoint", "/metrics", "path of the metrics")
	storageDuration = flag.Duration("storage_duration", 2*time.Minute, "how long measurements are kept")
	storeLabels     = flag.Bool("store_container_labels", true, "give metrics all labels and variables of their container")
	allowedLabels   = flag.String("whitelisted_container_labels", "", "labels that metrics get all the same, separated by commas")
	allowedEnv      = flag.String("env_metadata_whitelist", "", "variables that metrics get, separated by commas")
	allowedPrefixes = flag.String("raw_cgroup_prefix_whitelist", "", "control groups that are watched despite -docker_only")
	showVersion     = flag.Bool("version", false, "print the version and end")

	enabled = container.MetricSet{}
	// What upstream leaves out unless it is asked for: costly, or of use to few.
	disabled = container.MetricSet{
		container.CPUSetMetrics:                  {},
		container.CPUTopologyMetrics:             {},
		container.HugetlbUsageMetrics:            {},
		container.MemoryNumaMetrics:              {},
		container.NetworkAdvancedTcpUsageMetrics: {},
		container.NetworkTcpUsageMetrics:         {},
		container.NetworkUdpUsageMetrics:         {},
		container.ProcessMetrics:                 {},
		container.ProcessSchedulerMetrics:        {},
		container.ReferencedMemoryMetrics:        {},
		container.ResctrlMetrics:                 {},
	}
)

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func main() {
	klog.InitFlags(nil)
	flag.Var(&disabled, "disable_metrics", "groups of metrics to leave out, separated by commas")
	flag.Var(&enabled, "enable_metrics", "the only groups of metrics to have, whatever -disable_metrics says")
	flag.Parse()
	if *showVersion {
		fmt.Printf("cAdvisor version %s\n", version.Info["version"])
		return
	}
	if err := run(); err != nil {
		klog.Fatal(err)
	}
}

func run() error {
	included := container.AllMetrics.Difference(disabled)
	if len(enabled) > 0 {
		included = enabled
	}
	// Not `list`: the library takes an empty prefix to mean "none", and no prefix at all to mean "every group".
	prefixes := strings.Split(*allowedPrefixes, ",")
	watcher, err := manager.New(memory.New(*storageDuration, nil), sysfs.NewRealSysFs(), manager.HousekeepingConfigFlags,
		included, http.DefaultClient, prefixes, strings.Split(*allowedEnv, ","), "", 0)
	if err != nil {
		return fmt.Errorf("the watcher cannot be made: %w", err)
	}
	labels := metrics.DefaultContainerLabels
	if !*storeLabels {
		labels = metrics.BaseContainerLabels(list(*allowedLabels))
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		metrics.NewPrometheusCollector(watcher, labels, included, clock.RealClock{},
			info.RequestOptions{IdType: info.TypeName, Count: 1, Recursive: true}),
		metrics.NewPrometheusMachineCollector(watcher, included),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	if err := watcher.Start(); err != nil {
		return fmt.Errorf("the watcher does not start: %w", err)
	}

	routes := http.NewServeMux()
	// One container that cannot be read must not hide the others.
	routes.Handle(*endpoint, promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	routes.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write([]byte("ok"))
	})
	server := &http.Server{
		Addr:              net.JoinHostPort(*listenIP, strconv.Itoa(*port)),
		Handler:           routes,
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	go func() {
		<-stopped.Done()
		_ = server.Close()
	}()
	klog.V(1).Infof("cAdvisor %s listens on %s", version.Info["version"], server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return watcher.Stop()
}
