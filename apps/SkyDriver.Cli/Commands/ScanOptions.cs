using System.CommandLine;
using System.Globalization;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary>What to scan and how, judged before anything is started.</summary>
/// <param name="AskedWorkers">Null for what suits the place.</param>
internal sealed record ScanJob(byte[] EventJson, IceCubeEvent Event, bool IsReal, string RecoAlgo, NsideProgression Nsides, double Threshold, int? AskedWorkers, string OutFolder)
{
    public const string ThisMachine = "local";

    public int? Priority { get; init; }

    public string Cluster { get; init; } = ThisMachine;

    /// <summary>Workers of one machine share its processors, and one that uses all of them starts and compiles once.</summary>
    public int Workers => AskedWorkers ?? (Cluster == ThisMachine ? 1 : Environment.ProcessorCount);

    /// <summary>As products name it.</summary>
    public string SettingsText => Describe(Nsides.Steps.Select(step => (step.Nside.ToString(CultureInfo.InvariantCulture), step.PixelExtension)), Threshold);

    public static string Describe(IEnumerable<(string Nside, int Extension)> steps, double threshold) =>
        string.Create(CultureInfo.InvariantCulture, $"nsides {string.Join(' ', steps.Select(step => $"{step.Nside}:{step.Extension}"))}, threshold {threshold}");
}

/// <summary>Options of <c>skydriver scan</c> that say what to scan.</summary>
internal sealed class ScanOptions
{
    private readonly Argument<string> _event = new("EVENT") { Description = "File with the event as the detector's realtime system sends it (event_i3live_json)." };
    private readonly Option<string> _algorithm = new("--reco-algo") { Description = $"Reconstruction: {string.Join(", ", RecoCatalog.Names)}.", DefaultValueFactory = _ => "pandel_mpe", HelpName = "NAME" };
    private readonly Option<string[]> _nsides = new("--nsides") { Description = "Rounds: nside and how many coarser pixels are refined [default: 8:0 64:12 512:24].", AllowMultipleArgumentsPerToken = true, HelpName = "N:EXT ..." };
    private readonly Option<double> _threshold = new("--predictive-scanning-threshold") { Description = "Share of a round that opens the next, 0.1 to 1; below 1 the result may depend on timing.", DefaultValueFactory = _ => 1.0, HelpName = "X" };
    private readonly Option<int?> _workers = new("--workers") { Description = "Worker processes; those of one machine share its processors [default: 1 there; elsewhere as many as this machine has processors].", HelpName = "N" };
    private readonly Option<string> _out = new("--out", "-o") { Description = "Folder for the files written.", DefaultValueFactory = _ => "out", HelpName = "DIR" };
    private readonly Option<bool> _real = new("--real") { Description = "The event is real [default: what the file says]." };
    private readonly Option<bool> _simulated = new("--simulated") { Description = "The event is simulated." };

    /// <param name="hidesEvent">The command has others below it, whose help would name this argument as theirs.</param>
    public void AddTo(Command command, bool hidesEvent)
    {
        _event.Hidden = hidesEvent;
        command.Add(_event);
        foreach (Option option in new Option[] { _algorithm, _nsides, _threshold, _workers, _out, _real, _simulated }) command.Add(option);
    }

    /// <exception cref="CommandException">Something is wrong; all of it is said.</exception>
    public ScanJob Judge(ParseResult parsed)
    {
        List<string> faults = [];
        string file = parsed.GetValue(_event)!, algorithm = parsed.GetValue(_algorithm)!;
        (byte[] json, IceCubeEvent? decoded) = EventFile.Read(file, faults);
        if (!RecoCatalog.TryGet(algorithm, out _)) faults.Add($"--reco-algo: {RecoCatalog.Explain(algorithm)}");
        NsideProgression? nsides = NsideProgression.Default;
        if (parsed.GetValue(_nsides) is { Length: > 0 } steps && !NsideProgression.TryParse(string.Join(' ', steps), out nsides, out IReadOnlyList<string> wrong)) faults.AddRange(wrong.Select(w => $"--nsides: {w}"));
        double threshold = parsed.GetValue(_threshold);
        if (threshold is not (>= 0.1 and <= 1)) faults.Add(string.Create(CultureInfo.InvariantCulture, $"--predictive-scanning-threshold: {threshold} must be from 0.1 to 1."));
        if (parsed.GetValue(_workers) is < 1 or > 1000) faults.Add($"--workers: {parsed.GetValue(_workers)} must be from 1 to 1000.");
        if (parsed.GetValue(_real) && parsed.GetValue(_simulated)) faults.Add("--real and --simulated exclude each other; give one.");
        if (faults.Count > 0) throw CommandException.Usage(string.Join(Environment.NewLine + "           ", faults));
        bool real = parsed.GetValue(_real) || (!parsed.GetValue(_simulated) && decoded!.Truth is null && decoded.RunId is >= 100_000 and < 1_000_000);
        return new(json, decoded!, real, algorithm, nsides!, threshold, parsed.GetValue(_workers), Path.GetFullPath(parsed.GetValue(_out)!));
    }
}
