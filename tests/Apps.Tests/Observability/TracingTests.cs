using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Tracing;

namespace SkyDriver.Apps.Tests.Observability;

public class TracingTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Start_NobodyListens_MakesNothingAndCostsNoMemory()
    {
        Assert.Null(SkyDriverTracing.StartTaking("batch", "scan", Parent));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            SkyDriverTracing.StartSending("batch", "scan", Parent);
            SkyDriverTracing.StartTaking("batch", "scan", Parent);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void CreateBuilder_NoCollectorNamed_ExportsNothing()
    {
        using IHost without = SkyDriverHost.CreateBuilder([]).Build();
        Assert.DoesNotContain(without.Services.GetServices<IHostedService>(), s => s is TraceExport);
        using IHost with = SkyDriverHost.CreateBuilder(["--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"]).Build();
        Assert.Single(with.Services.GetServices<IHostedService>(), s => s is TraceExport);
    }

    [Fact]
    public void CreateBuilder_WrongCollector_NamesBothFaults()
    {
        SettingsException fault = Assert.Throws<SettingsException>(() => SkyDriverHost.CreateBuilder(["--OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", "--OTEL_EXPORTER_OTLP_PROTOCOL=thrift"]));
        Assert.Equal(2, fault.Faults.Count);
        Assert.StartsWith("OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318'; give an address", fault.Faults[0]);
        Assert.Equal("OTEL_EXPORTER_OTLP_PROTOCOL is 'thrift'; give grpc or http/protobuf.", fault.Faults[1]);
    }
}
