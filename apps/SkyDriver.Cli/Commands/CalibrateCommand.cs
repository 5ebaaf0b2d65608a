using System.CommandLine;
using System.Globalization;
using System.Reflection;
using SkyDriver.Cli.Commands.Calibration;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver calibrate</c>: how often the stated regions hold the truth.</summary>
internal static class CalibrateCommand
{
    public static Command Create()
    {
        Option<string[]> sets = new("--sets") { Description = "Simulation sets [default: A B C].", AllowMultipleArgumentsPerToken = true, HelpName = "A B C" };
        Option<string> kind = new Option<string>("--kind") { Description = "Muon tracks, showers, or showers that a muon leaves.", DefaultValueFactory = _ => "track", HelpName = "track|cascade|starting" }.AcceptOnlyFromAmong(SimulateCommand.Kinds);
        Option<int> events = new("--events") { Description = "Events of each set; seeds 1 to this.", DefaultValueFactory = _ => 300, HelpName = "N" };
        Option<string> output = new("--out", "-o") { Description = "Folder of the study; one that was ended goes on.", DefaultValueFactory = _ => "calibration", HelpName = "DIR" };
        Command command = new("calibrate", """
            Simulates events, fits them, and counts how often regions of a stated probability hold the true direction. Needs no service;
            takes one core two to three seconds per event (starting ones ten) and can be ended and started again.

            Examples:
              skydriver calibrate --sets A --events 50
              skydriver calibrate --events 300 --out study
              skydriver calibrate --kind cascade --sets B C --events 50 --out showers
              skydriver calibrate --kind starting --sets B C --events 25 --out starting
            """)
        {
            sets, kind, events, output,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(interrupted =>
        {
            SimulationSet[] chosen = Sets(parsed.GetValue(sets));
            int count = parsed.GetValue(events);
            if (count is < 1 or > 100_000) throw CommandException.Usage($"--events: {count} must be from 1 to 100000.");
            string folder = Path.GetFullPath(parsed.GetValue(output)!);
            Directory.CreateDirectory(folder);
            List<CoverageTrial> trials = Run(new TrialFile(Path.Combine(folder, "trials.jsonl")), chosen, SimulateCommand.Kind(parsed.GetValue(kind)!), count, interrupted);
            Console.Write(CoverageReport.Write(folder, trials, Version));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trials.Count} events; coverage.md, .json, .svg and .png are in {folder}"));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static string Version => typeof(CoverageTrial).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static SimulationSet[] Sets(string[]? names)
    {
        if (names is not { Length: > 0 }) return [.. SimulationSet.All];
        string[] unknown = [.. names.Where(name => !SimulationSet.TryGet(name, out _))];
        if (unknown.Length > 0) throw CommandException.Usage($"--sets: there is no set {string.Join(", ", unknown)}; there are A, B and C.");
        return [.. SimulationSet.All.Where(set => names.Contains(set.Name, StringComparer.OrdinalIgnoreCase))];
    }

    private static List<CoverageTrial> Run(TrialFile file, SimulationSet[] sets, SimulatedKind kind, int events, CancellationToken stop)
    {
        List<CoverageTrial> trials = file.Read();
        if (trials.Any(trial => trial.Kind != kind))
            throw CommandException.Usage("--out: the folder has a study of another kind of events; give another folder.");
        HashSet<(string, ulong)> done = [.. trials.Select(trial => (trial.Set, trial.Seed))];
        // Sets take turns, so that a study that is ended early has as many of each.
        for (ulong seed = 1; seed <= (ulong)events; seed++)
        {
            foreach (SimulationSet set in sets)
            {
                if (!done.Add((set.Name, seed))) continue;
                stop.ThrowIfCancellationRequested();
                SimulatedEvent simulated = EventSimulator.Simulate(new(kind, set, seed));
                CoverageTrial trial = CoverageTrial.Run(EventReader.Read(EventWriter.Write(simulated, 1, (long)seed, 60000)), stop);
                file.Append(trial);
                trials.Add(trial);
            }
        }

        return trials;
    }
}
