using System.Buffers;
using System.Text.Json;

namespace SkyDriver.Scan.Tests;

/// <summary>Plays a recorded case through a ledger, and keeps what the case's file can be compared with.</summary>
internal sealed class GoldenReplay
{
    private readonly GoldenCase _case;
    private readonly ReportSchedule _schedule = new();
    private double _clock;

    public GoldenReplay(GoldenCase golden)
    {
        _case = golden;
        _clock = golden.Epoch;
        Ledger = new ScanLedger(golden.Plan(), golden.Epoch);
    }

    public ScanLedger Ledger { get; private set; }

    public List<RoundSeen> Rounds { get; } = [];

    public List<(int After, int Nside, bool All)> Met { get; } = [];

    public List<int> Extra { get; } = [];

    public List<(string Kind, int After, double At, string Body)> Reports { get; } = [];

    /// <summary>Called after each delivery and the round it led to; gives the ledger to go on with.</summary>
    public Func<ScanLedger, int, ScanLedger>? Between { get; init; }

    public GoldenReplay Run()
    {
        Report(ReportSchedule.Started, 0);
        Open(0);
        for (int i = 0; i < _case.Deliveries.Count && !Ledger.Finished; i++)
        {
            var (reco, at) = _case.Deliveries[i];
            _clock = at;
            var outcome = Ledger.Fold(reco, at);
            if (outcome.Status == FoldStatus.Duplicate) Extra.Add(i);
            Report(_schedule.AfterFold(outcome, Ledger, at), i + 1);
            if (outcome.NsideMet > 0) Met.Add((i + 1, outcome.NsideMet, Ledger.AllReceived));
            if (Ledger.RoundDue) Open(i + 1);
            if (Between is not null) Ledger = Between(Ledger, i + 1);
        }

        return this;
    }

    private void Open(int after)
    {
        var map = Ledger.BuildResult(complete: false);
        var round = Ledger.OpenRound(_clock);
        var sent = round.NewPixels.ToDictionary(nside => nside.Nside, nside => nside.Pixels.ToHashSet());
        Rounds.Add(new(after, round, sent, map));
        foreach (var (nside, ipix, posvar, at) in sent
            .SelectMany(nside => nside.Value.SelectMany(ipix => Enumerable.Range(0, Ledger.Plan.Algorithm.PositionVariations).Select(posvar => (nside.Key, ipix, posvar))))
            .Select(v => (v.Key, v.ipix, v.posvar, At: _case.SentAt(v.Key, v.ipix, v.posvar))).OrderBy(v => v.At))
        {
            Ledger.PublishOne(nside, ipix, posvar, at);
            _clock = at;
        }

        Report(_schedule.AfterRound(round, Ledger, _clock), after);
    }

    private void Report(ReportDue due, int after)
    {
        if (due.Final) ReportResult(after);
        if (due.Progress)
        {
            var buffer = new ArrayBufferWriter<byte>();
            Ledger.WriteProgress(buffer, due, _clock);
            Reports.Add(("progress", after, _clock - _case.Epoch, System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan)));
        }

        if (due.Result && !due.Final) ReportResult(after);
    }

    private void ReportResult(int after)
    {
        var result = Ledger.BuildResult(Ledger.Finished);
        var pixels = result.Nsides.ToDictionary(nside => $"nside-{nside.Nside}", nside => nside.Count);
        Reports.Add(("result", after, _clock - _case.Epoch, JsonSerializer.Serialize(new { is_final = Ledger.Finished, pixels })));
    }

    /// <param name="Map">What was saved when the round was opened.</param>
    internal sealed record RoundSeen(int After, RoundOutcome Outcome, Dictionary<int, HashSet<long>> Sent, SkyScanResult Map);
}
