using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SkyDriver.External;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver pixel</c>: the fits of one pixel, in this process.</summary>
internal static class PixelCommand
{
    public static Command Create()
    {
        Argument<string> file = new("EVENT") { Description = "File with the event as the detector's realtime system sends it (event_i3live_json)." };
        Option<int> nside = new("--nside") { Description = "Resolution, a power of two.", Required = true, HelpName = "N" };
        Option<long> ipix = new("--pixel") { Description = "RING index of the pixel, equatorial.", Required = true, HelpName = "N" };
        Option<string> name = new("--reco-algo") { Description = "Reconstruction; 'skydriver recos' lists them.", DefaultValueFactory = _ => "pandel_mpe", HelpName = "NAME" };
        Option<string?> program = new("--external") { Description = "Program behind 'external' [default: SKYDRIVER_EXTERNAL_COMMAND].", HelpName = "COMMAND" };
        Option<double> limit = new("--time-limit") { Description = "Seconds for each fit.", DefaultValueFactory = _ => 3600, HelpName = "S" };
        Command command = new("pixel", """
            Fits an event at one pixel with every position variation and shows what each found: to look into a value, or to step through a
            reconstruction in a debugger. Starts are those of a scan's first round. Needs no service.

            Examples:
              skydriver pixel examples/track.json --nside 64 --pixel 1234
              skydriver pixel alert.json --nside 512 --pixel 1571234 --reco-algo cascade_pandel --json
              skydriver pixel examples/track.json --nside 64 --pixel 1234 --reco-algo external-point --external "python3 examples/external/plane_wave.py"
            """)
        {
            file, nside, ipix, name, program, limit, Output.Json,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(stop =>
        {
            List<string> faults = [];
            IceCubeEvent? ev = EventFile.Read(parsed.GetValue(file)!, faults).Event;
            if (!RecoCatalog.TryGet(parsed.GetValue(name)!, out RecoAlgorithm? algorithm)) faults.Add($"--reco-algo: {RecoCatalog.Explain(parsed.GetValue(name)!)}");
            Pixel? pixel = Judge(parsed.GetValue(nside), parsed.GetValue(ipix), faults);
            ExternalProgram? external = Program(parsed.GetValue(program) ?? Environment.GetEnvironmentVariable("SKYDRIVER_EXTERNAL_COMMAND"), faults);
            double seconds = parsed.GetValue(limit);
            if (!(seconds is > 0 and <= 1e6)) faults.Add(string.Create(CultureInfo.InvariantCulture, $"--time-limit: {seconds} must be more than 0 and at most a million seconds."));
            if (faults.Count > 0) throw CommandException.Usage(string.Join(Environment.NewLine + "           ", faults));

            PixelFits fits = new(ev!, algorithm!, pixel!.Value, new RecoOptions { External = external is null ? null : one => new ExternalReconstruction(external, one, TimeProvider.System) });
            fits.Run(TimeSpan.FromSeconds(seconds), stop);
            if (new Output(parsed) is { IsJson: true } output) output.Write(fits.Document());
            else fits.Print();
            return Task.FromResult(fits.Best is null ? ExitCodes.Failed : ExitCodes.Done);
        }));
        return command;
    }

    private static Pixel? Judge(int nside, long ipix, List<string> faults)
    {
        if (!Healpix.IsNside(nside))
        {
            faults.Add($"--nside: {nside} must be a power of two, from 1 to {Healpix.MaxNside}.");
            return null;
        }

        if (ipix >= 0 && ipix < Healpix.PixelCount(nside)) return new(nside, ipix);
        faults.Add($"--pixel: {ipix} must be from 0 to {Healpix.PixelCount(nside) - 1} at nside {nside}.");
        return null;
    }

    private static ExternalProgram? Program(string? text, List<string> faults)
    {
        if (string.IsNullOrEmpty(text)) return null;
        ExternalProgram? program = ExternalProgram.Parse(text, out string? fault);
        if (fault is not null) faults.Add($"--external: '{text}' {fault}.");
        return program;
    }

    /// <summary>The fits and what they found.</summary>
    private sealed class PixelFits(IceCubeEvent ev, RecoAlgorithm algorithm, Pixel pixel, RecoOptions options)
    {
        private readonly List<(VariationSeed Seed, RecoFit Fit, double Milliseconds)> _rows = [];

        public (VariationSeed Seed, RecoFit Fit, double Milliseconds)? Best => _rows.Any(Found) ? _rows.Where(Found).MinBy(row => row.Fit.Llh) : null;

        public void Run(TimeSpan limit, CancellationToken stop)
        {
            ScanPlan plan = ScanPlan.ForEvent(ev, algorithm with { Pointed = false }, NsideProgression.Default, 1, isRealEvent: false, "pixel", out _);
            IReconstruction? reco = null;
            foreach (VariationSeed seed in PixelSeeds.Of(plan, pixel))
            {
                using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(stop);
                late.CancelAfter(limit);
                long start = Stopwatch.GetTimestamp();
                RecoFit fit;
                try
                {
                    fit = (reco ??= algorithm.Create(ev, options)).Fit(seed, late.Token);
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    fit = RecoFit.Failed(string.Create(CultureInfo.InvariantCulture, $"took longer than {limit.TotalSeconds} s"));
                }
                catch (Exception crash) when (crash is not OperationCanceledException && Environment.GetEnvironmentVariable("SKYDRIVER_DEBUG") is null or "")
                {
                    fit = RecoFit.Failed($"{crash.GetType().Name}: {crash.Message}");
                }

                _rows.Add((seed, fit, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
            }

            (reco as IDisposable)?.Dispose();
        }

        public void Print()
        {
            SkyPoint centre = pixel.Centre;
            VariationSeed first = _rows[0].Seed;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ev.EventIdText}, {algorithm.Name}, nside {pixel.Nside}, pixel {pixel.Ipix}: RA {Degrees(centre.RightAscension):0.0000}°, Dec {Degrees(centre.Declination):+0.0000;-0.0000}°; zenith {first.Zenith:0.00000}, azimuth {first.Azimuth:0.00000} rad; {ev.CleanedHits.Count} modules"));
            Output.Table(
                ["VARIATION", "START X", "Y", "Z (m)", "T (ns)", "LLH", "X", "Y", "Z (m)", "T (ns)", "E IN", "E (GeV)", "MS", "REASON"],
                _rows.Select(row => (IReadOnlyList<string>)
                [
                    row.Seed.Posvar.ToString(CultureInfo.InvariantCulture), N(row.Seed.Start.X, 1), N(row.Seed.Start.Y, 1), N(row.Seed.Start.Z, 1), N(row.Seed.Start.Time, 1),
                    N(row.Fit.Llh, 4), N(row.Fit.X, 1), N(row.Fit.Y, 1), N(row.Fit.Z, 1), N(row.Fit.Time, 1), N(row.Fit.EnergyInside, 0), N(row.Fit.Energy, 0),
                    N(row.Milliseconds, 1), row.Fit.Failure ?? "",
                ]));
            Console.WriteLine(Best is { } best ? $"best: variation {best.Seed.Posvar}, llh {N(best.Fit.Llh, 4)}" : "no variation could be fitted; the pixel is NaN");
        }

        public object Document() => new
        {
            @event = ev.EventIdText,
            reco_algo = algorithm.Name,
            nside = pixel.Nside,
            ipix = pixel.Ipix,
            ra_deg = Degrees(pixel.Centre.RightAscension),
            dec_deg = Degrees(pixel.Centre.Declination),
            zenith = _rows[0].Seed.Zenith,
            azimuth = _rows[0].Seed.Azimuth,
            best = Best?.Seed.Posvar,
            variations = _rows.Select(row => new
            {
                posvar = row.Seed.Posvar,
                start = Point(row.Seed.Start),
                fallback = row.Seed.Fallback is { } second ? Point(second) : null,
                llh = Known(row.Fit.Llh),
                x = Known(row.Fit.X),
                y = Known(row.Fit.Y),
                z = Known(row.Fit.Z),
                time = Known(row.Fit.Time),
                energy = Known(row.Fit.Energy),
                energy_inside = Known(row.Fit.EnergyInside),
                energy_total = Known(row.Fit.EnergyTotal),
                failure = row.Fit.Failure,
                milliseconds = row.Milliseconds,
            }),
        };

        private static bool Found((VariationSeed Seed, RecoFit Fit, double Milliseconds) row) => double.IsFinite(row.Fit.Llh);

        private static object Point(in Vertex v) => new { x = Known(v.X), y = Known(v.Y), z = Known(v.Z), time = Known(v.Time), energy = Known(v.Energy) };

        private static double? Known(double value) => double.IsFinite(value) ? value : null;

        private static double Degrees(double radians) => double.RadiansToDegrees(radians);

        private static string N(double value, int digits) => double.IsFinite(value) ? value.ToString("F" + digits, CultureInfo.InvariantCulture) : "-";
    }
}
