using System.Buffers;
using BenchmarkDotNet.Attributes;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Benchmarks;

/// <summary>What the scanner does per reconstruction, per round and per report, with so many variations sent before.</summary>
[MinColumn, MedianColumn]
public class ScanBenchmarks
{
    private const int Folds = 384;
    private readonly ArrayBufferWriter<byte> _output = new();
    private ScanPlan _plan = null!;
    private byte[] _halfDone = [], _roundDue = [];
    private RecoRecord[] _recos = [];
    private ScanLedger _ledger = null!;

    /// <summary>Variations sent: pixels of nside 128, one variation each, found by hash as in refined nsides.</summary>
    [Params(768, 12_288, 49_152, 196_000)]
    public int Sent { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        RecoCatalog.TryGet("dummy", out var dummy);
        NsideProgression.TryParse("128:0 1024:24", out var progression, out _);
        _plan = new ScanPlan
        {
            ScanId = "benchmark",
            Event = new(123456, 1, "HESE", 58000, true),
            Algorithm = dummy!,
            Progression = progression!,
            FallbackVertex = new Vertex(0, 0, 0, 0, double.NaN),
        };
        var ledger = new ScanLedger(_plan, 0) { Window = int.MaxValue };
        ledger.Open([[.. Enumerable.Range(0, Sent).Select(i => (long)i)], []]);
        _recos = [.. ledger.TakeBatch(Sent, 1).Select(seed => Answer(seed, seed.Zenith))];
        for (int i = 0; i < Sent / 2; i++) ledger.Fold(_recos[i], 2 + i * 0.001);
        _halfDone = Snapshot(ledger);
        for (int i = Sent / 2; i < Sent; i++) ledger.Fold(_recos[i], 2 + i * 0.001);
        _roundDue = Snapshot(ledger);
        _recos = _recos[(Sent / 2)..];
    }

    /// <summary>Leaves the last folds to measure, so that caches and buffers are as they are in the middle of a scan.</summary>
    [IterationSetup(Target = nameof(Fold))]
    public void FoldAllButTheLast()
    {
        _output.ResetWrittenCount();
        _ledger = ScanLedger.Restore(_plan, _halfDone, []);
        foreach (RecoRecord reco in _recos.AsSpan(0, _recos.Length - Folds)) _ledger.Fold(reco, 1e6);
        _ledger.TakeLog(_output);
    }

    [IterationSetup(Targets = [nameof(OpenRound), nameof(Progress), nameof(ResultNpz)])]
    public void RestoreRoundDue()
    {
        _ledger = ScanLedger.Restore(_plan, _roundDue, []);
        _output.ResetWrittenCount();
    }

    /// <summary>One reco taken in and written to the log.</summary>
    [Benchmark(OperationsPerInvoke = Folds)]
    public void Fold()
    {
        foreach (RecoRecord reco in _recos.AsSpan(_recos.Length - Folds)) _ledger.Fold(reco, 1e6);
    }

    /// <summary>About 1,536 new pixels chosen around the minimum, queued and logged.</summary>
    [Benchmark]
    public RoundOutcome OpenRound() => _ledger.OpenRound(1e6);

    /// <summary>A progress report.</summary>
    [Benchmark]
    public void Progress() => _ledger.WriteProgress(_output, new ReportDue(true, false, "busy", ""), 1e6);

    /// <summary>The map so far as a file.</summary>
    [Benchmark]
    public void ResultNpz() => _ledger.BuildResult(false).WriteNpz(_output);

    /// <summary>A whole ledger from its snapshot, as after a crash.</summary>
    [Benchmark]
    public ScanLedger Restore() => ScanLedger.Restore(_plan, _roundDue, []);

    private static RecoRecord Answer(VariationSeed seed, double llh) =>
        new(seed.Nside, seed.Ipix, seed.Posvar, 5000 + 100 * llh, 1e4, 2e4, 1, 2, 3, 1e4, 1e5, 20 + llh * 5);

    private static byte[] Snapshot(ScanLedger ledger)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ledger.WriteSnapshot(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
