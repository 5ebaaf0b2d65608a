using System.Text;
using BenchmarkDotNet.Attributes;
using SkyDriver.Sidecar.PubSub;

namespace SkyDriver.Benchmarks;

/// <summary>CloudEvents of published messages with 100 bytes of JSON.</summary>
[InProcess]
[MemoryDiagnoser]
public class EnvelopeBenchmarks
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly byte[] _data = Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 80)}}","number":1}""");
    private readonly PublishContext _context = new("app", "pubsub", "topic", new Dictionary<string, string>(), null, null);
    private byte[] _event = [];

    [GlobalSetup]
    public void Prepare() => _event = Wrap();

    [Benchmark]
    public byte[] Wrap() => CloudEventWriter.Wrap(_data, "application/json", _context, Now, null);

    [Benchmark]
    public byte[] Complete() => CloudEventWriter.Complete(_event, _context, Now, null).Envelope;
}
