namespace SkyDriver.Integration.Tests;

/// <summary>A scan whose pixels are fetched from the REST service is one trace like any other.</summary>
public sealed class GatewayTraceTests
{
    [Fact]
    public async Task Traces_OfAScanByTheGateway_AreOneFromTheRequestToTheWorkerAndBack()
    {
        using TemporaryFolder data = new();
        await using CollectorDouble collector = await CollectorDouble.StartAsync();
        (string, string)[] tracing = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "200")];
        await using LocalService service = await LocalService.StartOnAsync(await WorkerlessService.WriteComponentsAsync(data["components"]), data["data"], tracing);
        string scan = await service.RequestAsync("1:0 2:12");
        using GatewayWorker worker = GatewayWorker.Start(service.Http.BaseAddress!, scan, "fetcher", delay: "1ms", environment: tracing);
        await service.UntilCompleteAsync(scan);
        Assert.True(await worker.ExitAsync() == 0, worker.Output);

        SentSpan[] spans = [];
        await service.UntilAsync(() =>
        {
            spans = [.. collector.Spans];
            return Task.FromResult(spans.Any(s => s.Name == "reconstruct batch") && spans.Any(s => s.Name == "ScanActor.SettleLease") && spans.Any(s => s.Name == "POST /scan"));
        }, "the last spans arrive");
        SentSpan request = Assert.Single(spans, s => s.Name == "POST /scan");
        SentSpan[] leased = Of("skydriver-scanner", "lease pixels"), batches = Of("skydriver-worker", "reconstruct batch");
        SentSpan[] posted = Of("skydriver-api", "POST /worker/{id}/recos"), settled = Of("skydriver-scanner", "ScanActor.SettleLease");
        Assert.All([.. leased, .. batches, .. posted, .. settled], s => Assert.Equal(request.Trace, s.Trace));
        Assert.All(batches, s => Assert.Contains(s.Parent, leased.Select(l => l.Id)));
        Assert.All(posted, s => Assert.Contains(s.Parent, batches.Select(b => b.Id)));
        Assert.All(settled, s => Assert.Contains(s.Parent, posted.Select(p => p.Id)));
        Assert.Equal(batches.Length, posted.Length);
        // Whoever asks for work, or says that he is there, is no part of anything.
        Assert.DoesNotContain(spans, s => s.Name is "POST /worker/{id}/work" or "POST /worker/{id}/hello");

        SentSpan[] Of(string who, string name)
        {
            SentSpan[] found = [.. spans.Where(s => s.Service == who && s.Name == name)];
            Assert.True(found.Length > 0, $"no span '{name}' of {who} among {string.Join(", ", spans.Select(s => $"{s.Service} {s.Name}").Distinct())}");
            return found;
        }
    }
}
