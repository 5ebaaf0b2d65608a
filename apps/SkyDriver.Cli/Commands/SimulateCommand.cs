using System.CommandLine;
using System.Globalization;
using SkyDriver.Cli.Local;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Sky;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver simulate</c>: an event whose true direction is known.</summary>
internal static class SimulateCommand
{
    /// <summary>Values of <c>--kind</c>.</summary>
    public static string[] Kinds { get; } = ["track", "cascade", "starting"];

    public static Command Create()
    {
        Option<string> kind = new Option<string>("--kind") { Description = "A muon's track, a shower, or a shower that a muon leaves.", DefaultValueFactory = _ => "track", HelpName = "track|cascade|starting" }.AcceptOnlyFromAmong(Kinds);
        Option<string> set = new Option<string>("--set") { Description = "How far the ice differs from the reconstruction's: A not at all, B nominal, C poorly known.", DefaultValueFactory = _ => "B", HelpName = "A|B|C" }.AcceptOnlyFromAmong("A", "B", "C");
        Option<ulong> seed = new("--seed") { Description = "The same seed gives the same event.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<double?> energy = new("--energy") { Description = "GeV; drawn when not given.", HelpName = "GEV" };
        Option<double?> zenith = new("--zenith") { Description = "Degrees, 0 from above to 180 from below; drawn when not given.", HelpName = "DEG" };
        Option<double?> azimuth = new("--azimuth") { Description = "Degrees.", HelpName = "DEG" };
        Option<long> run = new("--run") { Description = "Run number of the event.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<long?> number = new("--event") { Description = "Event number; the seed when not given.", HelpName = "N" };
        Option<double> mjd = new("--mjd") { Description = "Time of the event, UTC.", DefaultValueFactory = _ => 60000.0, HelpName = "MJD" };
        Option<string> output = new("--out", "-o") { Description = "File to write.", Required = true, HelpName = "FILE" };
        Command command = new("simulate", """
            Writes a simulated event in the form of the detector's realtime messages, with its true direction inside.

            Examples:
              skydriver simulate --out track.json
              skydriver simulate --kind cascade --seed 7 --energy 1e5 --out cascade.json
              skydriver simulate --zenith 95 --azimuth 210 --set A --out upgoing.json
            """)
        {
            kind, set, seed, energy, zenith, azimuth, run, number, mjd, output,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            if (parsed.GetValue(zenith) is null != parsed.GetValue(azimuth) is null) throw CommandException.Usage("--zenith and --azimuth go together; give both or neither.");
            LocalDirection? direction = parsed.GetValue(zenith) is { } z ? new(z * Math.PI / 180, parsed.GetValue(azimuth)!.Value * Math.PI / 180) : null;
            SimulationSet.TryGet(parsed.GetValue(set)!, out SimulationSet? chosen);
            try
            {
                SimulatedEvent simulated = EventSimulator.Simulate(new(Kind(parsed.GetValue(kind)!), chosen!, parsed.GetValue(seed), direction, parsed.GetValue(energy)));
                byte[] json = EventWriter.Write(simulated, parsed.GetValue(run), parsed.GetValue(number) ?? (long)(parsed.GetValue(seed) & uint.MaxValue), parsed.GetValue(mjd));
                string file = Path.GetFullPath(parsed.GetValue(output)!);
                OutputFiles.Write(file, json);
                SkyPoint sky = IceCubeFrame.ToEquatorial(simulated.Truth.Direction, parsed.GetValue(mjd));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{file}: {simulated.Truth.Kind} of {simulated.Truth.Vertex.Energy / 1000:0.#} TeV from RA {sky.RightAscension * 180 / Math.PI:0.000}°, Dec {sky.Declination * 180 / Math.PI:+0.000;-0.000}°, {simulated.Pulses.Count} pulses"));
                return Task.FromResult(ExitCodes.Done);
            }
            catch (Exception refused) when (refused is ArgumentOutOfRangeException or InvalidOperationException)
            {
                throw new CommandException(ExitCodes.Usage, refused.Message.Split(" (Parameter")[0], refused);
            }
        }));
        return command;
    }

    /// <param name="name">One of <see cref="Kinds"/>.</param>
    public static SimulatedKind Kind(string name) => name switch { "cascade" => SimulatedKind.Cascade, "starting" => SimulatedKind.Starting, _ => SimulatedKind.Track };
}
