using System.Globalization;

namespace SkyDriver.Scan;

/// <summary>What to report now.</summary>
/// <param name="Progress">Make a progress report with these texts.</param>
/// <param name="Result">Make a result report.</param>
/// <param name="Summary">One sentence on where the scan stands.</param>
/// <param name="Epilogue">What to expect next; may be empty.</param>
/// <param name="Final">The last of all: result first, then progress. Otherwise progress comes first.</param>
public readonly record struct ReportDue(bool Progress, bool Result, string Summary = "", string Epilogue = "", bool Final = false);

/// <summary>Decides when progress and results are due: at rounds and first recos at once, otherwise by the clock.</summary>
/// <param name="progressSeconds">Least time between progress reports.</param>
/// <param name="resultSeconds">Least time between result reports.</param>
public sealed class ReportSchedule(double progressSeconds = 60, double resultSeconds = 120)
{
    private double _lastProgress = double.NegativeInfinity, _lastResult = double.NegativeInfinity;

    public static ReportDue Started => new(true, false, "The Skymap Scanner has started up.");

    public static ReportDue Finished => new(true, true, "The Skymap Scanner has finished.", Final: true);

    public ReportDue AfterRound(RoundOutcome round, ScanLedger ledger, double now) =>
        round.Finished ? Finished
        : Force(ledger, now, round.NewVariations > 0
            ? $"The Skymap Scanner has sent out {round.NewVariations} pixels and is waiting to receive recos."
            : "The Skymap Scanner is waiting to receive recos.");

    public ReportDue AfterFold(FoldOutcome fold, ScanLedger ledger, double now)
    {
        const string busy = "The Skymap Scanner is busy scanning pixels.";
        if (fold.Status is not (FoldStatus.Accepted or FoldStatus.SetAside)) return default;
        if (fold.FirstOfNside) return Force(ledger, now, busy);
        bool progress = now - _lastProgress > progressSeconds, result = now - _lastResult > resultSeconds;
        if (progress) _lastProgress = now;
        if (result) _lastResult = now;
        return progress || result ? new(progress, result, busy, Epilogue(ledger)) : default;
    }

    private ReportDue Force(ScanLedger ledger, double now, string summary)
    {
        _lastProgress = _lastResult = now;
        return new(true, true, summary, Epilogue(ledger));
    }

    private string Epilogue(ScanLedger ledger) => ledger.AnswersReceived == 0
        ? "I will report back when I start getting recos."
        : string.Create(CultureInfo.InvariantCulture, $"I will report back again in {progressSeconds} seconds if I have an update.");
}
