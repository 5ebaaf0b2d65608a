using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Apps.Tests.Observability;

/// <summary>The metrics are the process's, so other tests count as well: only what nobody else touches is compared exactly.</summary>
public class MetricsTests
{
    [Fact]
    public void Show_CountersGaugesAndHistograms_ArePrometheusText()
    {
        using MetricCollector collector = new("tests");
        SkyDriverMetrics.LauncherErrors.Add(2, new("place", "a \"quoted\"\\\nplace"), new KeyValuePair<string, object?>("operation", "list"));
        SkyDriverMetrics.LauncherErrors.Add(1, new("place", "a \"quoted\"\\\nplace"), new KeyValuePair<string, object?>("operation", "list"));
        foreach (double seconds in (double[])[0.0005, 0.3, 0.30001, 1e9]) SkyDriverMetrics.RecoSeconds.Record(seconds, new KeyValuePair<string, object?>("algorithm", "metrics-test"));
        PrometheusPage page = PrometheusPage.Parse(collector.Show());

        Assert.Equal(3, page.Value("skydriver_launcher_errors_total", """place="a \"quoted\"\\\nplace",operation="list" """.TrimEnd()));
        Assert.Equal("histogram", page.Types["skydriver_reconstruction_seconds"]);
        string[] bounds = ["0.001", "0.1", "0.3", "1", "3600", "+Inf"];
        Assert.Equal([1, 1, 2, 3, 3, 4], bounds.Select(b => page.Value("skydriver_reconstruction_seconds_bucket", $"algorithm=\"metrics-test\",le=\"{b}\"")));
        Assert.Equal(1e9 + 0.60051, page.Value("skydriver_reconstruction_seconds_sum", "algorithm=\"metrics-test\""), 1e-5);
        Assert.Equal(1, page.Value("skydriver_build_info", $"app=\"tests\",version=\"{MetricCollector.Version}\""));
    }

    [Fact]
    public void Show_GaugeSetAnew_OldReadingsAreGone()
    {
        using MetricCollector collector = new("tests");
        SkyDriverMetrics.Workers.SetAll([(["pool-a", "running"], 3), (["pool-b", "lost"], 1)]);
        Assert.Equal(4, PrometheusPage.Parse(collector.Show()).Sum("skydriver_workers"));
        SkyDriverMetrics.Workers.SetAll([(["pool-b", "running"], 2)]);
        PrometheusPage page = PrometheusPage.Parse(collector.Show());
        Assert.Equal(("place=\"pool-b\",state=\"running\"", 2.0), page.Samples.Where(s => s.Name == "skydriver_workers").Select(s => (s.Labels, s.Value)).Single());
        SkyDriverMetrics.Workers.Clear();
        Assert.DoesNotContain("skydriver_workers", collector.Show());
    }

    [Fact]
    public void Series_MoreThanAnybodyReads_AreNotKept()
    {
        MetricSeries series = new("m_total", "", MetricKind.Counter, [], null);
        for (int i = 0; i < 10_000; i++) series.Record(1, [new("label", i)]);
        Assert.Equal(500, series.Series.Count());
    }

    [Fact]
    public void Ledgers_WithoutAnAnswer_TheLagIsThatOfTheScanThatWaitsLongest()
    {
        using MetricCollector collector = new("tests");
        ShiftedTime clock = new();
        LedgerBoard board = SkyDriverMetrics.Ledgers;
        board.Note("metrics-1", inFlight: 5, queued: 1, answers: 0, clock);
        clock.Shift += TimeSpan.FromHours(1000);
        board.Note("metrics-2", inFlight: 3, queued: 0, answers: 0, clock);
        Assert.Equal(3_600_000, Lag(), 60.0);
        board.Note("metrics-1", inFlight: 4, queued: 1, answers: 1, clock);
        clock.Shift += TimeSpan.FromHours(2000);
        board.Note("metrics-1", inFlight: 0, queued: 1, answers: 1, clock);
        Assert.Equal(7_200_000, Lag(), 60.0);
        board.Forget("metrics-2");
        Assert.InRange(Lag(), 0, 3600);
        board.Forget("metrics-1");

        double Lag() => PrometheusPage.Parse(collector.Show()).Value("skydriver_ledger_lag_seconds");
    }

    [Fact]
    public async Task MetricsRoute_OfAService_AnswersTheWholePageAndCountsRequestsByRoute()
    {
        WebApplicationBuilder builder = SkyDriverHost.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        await using WebApplication app = builder.Build();
        app.MapHealth();
        app.MapMetrics();
        app.MapGet("/thing/{id}", (string id) => id);
        await app.StartAsync();
        using HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        await http.GetStringAsync("/thing/secret-name");
        using HttpResponseMessage answer = await http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        string text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("secret-name", text);
        Assert.Equal(1, PrometheusPage.Parse(text).Value("skydriver_http_request_seconds_count", "method=\"GET\",route=\"/thing/{id}\",code=\"200\""));
    }

    [Fact]
    public void Show_InstrumentsOfTheSameName_AreOneMetric()
    {
        using MetricCollector collector = new("tests");
        using Meter one = new(SkyDriverMetrics.MeterName), other = new(SkyDriverMetrics.MeterName);
        one.CreateCounter<long>("skydriver_twice_total").Add(2);
        other.CreateCounter<long>("skydriver_twice_total").Add(3);
        Assert.Equal(5, PrometheusPage.Parse(collector.Show()).Value("skydriver_twice_total"));
    }

    [Fact]
    public void Instruments_AllOfThem_AreNamedByTheRules()
    {
        using MeterListener listener = new();
        List<Instrument> seen = [];
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == SkyDriverMetrics.MeterName) seen.Add(instrument);
        };
        _ = SkyDriverMetrics.Ledgers;
        listener.Start();
        Assert.True(seen.Count >= 20, $"only {seen.Count}");
        Assert.All(seen, i => Assert.Matches("^skydriver_[a-z_]+$", i.Name));
        Assert.All(seen, i => Assert.EndsWith(".", i.Description));
        Assert.All(seen.OfType<Counter<long>>(), i => Assert.EndsWith("_total", i.Name));
        Assert.All(seen.OfType<Histogram<double>>(), i => Assert.EndsWith("_seconds", i.Name));
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
