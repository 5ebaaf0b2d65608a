using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Benchmarks.Reco;

/// <summary>Track likelihood and fits, with the plain code and the elementary functions alone beside them, all in one run; prints one table.</summary>
internal static class RecoBench
{
    private const int ColdStarts = 5;
    private static readonly string[] Algorithms = ["pandel_spe", "pandel_mpe"];
    private static double sink;

    public static int Run(string[] arguments)
    {
        if (arguments is ["first-fit", var algorithm, var file]) return FirstFit.Report(algorithm, file);
        Column[] columns = [.. Algorithms.Select(Measure)];
        Console.WriteLine($"load {Load()}, {Environment.ProcessorCount} processors, {(Vector512.IsHardwareAccelerated ? "AVX-512" : Vector256.IsHardwareAccelerated ? "AVX2" : "no AVX2")}, .NET {Environment.Version}; wall time, median (least) of many batches\n");
        Console.WriteLine("| what | `pandel_spe` | `pandel_mpe` |\n|---|---|---|");
        foreach (var (name, digits, cell) in Rows)
        {
            string[] cells = [.. columns.Select(column => cell(column)).Select(spread => spread.ToText(digits))];
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} |");
        }

        foreach (string other in (ReadOnlySpan<string>)["cascade_pandel", "millipede_lite"])
        {
            IceCubeEvent ev = BenchEvent.Simulate();
            if (!RecoCatalog.TryGet(other, out RecoAlgorithm? found)) throw new InvalidOperationException(RecoCatalog.Explain(other));
            Spread fit = Fits(found.Create(ev, new RecoOptions()), [.. BenchEvent.Sky(other, ev).Where((_, ipix) => ipix % 16 == 0)]);
            Console.WriteLine($"| fit of one start, `{other}`, all {ev.CleanedHits.Count} modules, ms | {fit.ToText(1)} | |");
        }

        return double.IsFinite(sink) ? 0 : 1;
    }

    private static readonly (string Name, int Digits, Func<Column, Spread> Cell)[] Rows =
    [
        ("value, ns per module", 1, column => column.Value),
        ("value and gradient, ns per module", 1, column => column.Gradient),
        ("the same in plain scalar code: value", 1, column => column.PlainValue),
        ("… and gradient", 1, column => column.PlainGradient),
        ("floor: our elementary functions alone, four lanes", 1, column => column.Floor),
        ("… the runtime's, scalar", 1, column => column.PlainFloor),
        ($"fit of one start, {BenchEvent.Modules} modules, ms", 2, column => column.Fit),
        ("… all modules of the event, ms", 2, column => column.FitOfAll),
        ("… how many these are", 0, column => column.Modules),
        ("evaluations per fit, mean over the sky", 0, column => column.Evaluations),
        ("… of them with gradient", 0, column => column.Gradients),
        ("cold process: spline table, first call, ms", 1, column => column.Cold(cold => cold.Table)),
        ("… first fit, ms", 1, column => column.Cold(cold => cold.First)),
        ("… second fit, ms", 1, column => column.Cold(cold => cold.Second)),
        ("… per fit of the next 190, ms", 2, column => column.Cold(cold => cold.Warm)),
        ("… from its start to the end of the first fit, ms", 0, column => column.Cold(cold => cold.ToFirstFit)),
        ("… of which reading the event, ms", 0, column => column.Cold(cold => cold.Event)),
    ];

    private static Column Measure(string algorithm)
    {
        IceCubeEvent ev = BenchEvent.Simulate();
        TrackModel model = BenchEvent.Model(algorithm);
        TrackFrame frame = BenchEvent.Frame(ev);
        ModuleHits[] hits = [.. ev.CleanedHits.Take(BenchEvent.Modules)];
        double[] x = BenchEvent.Parameters(ev), gradient = new double[3], plainGradient = new double[3];
        var likelihood = new TrackLikelihood(hits, model);
        likelihood.PointAt(frame);
        var plain = new PlainTrackLikelihood(hits, model, frame);
        MustAgree(likelihood.Value(x), plain.Value(x));
        MustAgree(likelihood.ValueAndGradient(x, gradient), plain.ValueAndGradient(x, plainGradient));
        for (int k = 0; k < 3; k++) MustAgree(gradient[k], plainGradient[k]);

        VariationSeed[] sky = BenchEvent.Sky(algorithm, ev);
        var reco = new PandelReconstruction(hits, model);
        foreach (VariationSeed seed in sky) reco.Fit(seed);
        var (values, gradients) = reco.Evaluations;
        double[] arguments = [.. Enumerable.Range(0, BenchEvent.Modules + 1).Select(i => 0.1 + i)];
        return new(
            Spread.Of(BenchEvent.Modules, 200, () => likelihood.Value(x)), Spread.Of(BenchEvent.Modules, 200, () => likelihood.ValueAndGradient(x, gradient)),
            Spread.Of(BenchEvent.Modules, 100, () => plain.Value(x)), Spread.Of(BenchEvent.Modules, 100, () => plain.ValueAndGradient(x, gradient)),
            Spread.Of(BenchEvent.Modules, 400, () => Floor(arguments)), Spread.Of(BenchEvent.Modules, 200, () => PlainFloor(arguments)),
            Fits(reco, sky), Fits(new PandelReconstruction(ev.CleanedHits, model), sky), new(ev.CleanedHits.Count),
            new((values + gradients) / (double)sky.Length), new(gradients / (double)sky.Length), FirstFit.Measure(algorithm, ColdStarts));
    }

    private static Spread Fits(IReconstruction reco, VariationSeed[] sky)
    {
        int next = 0;
        return Spread.Of(1e6, sky.Length, () => reco.Fit(sky[next++ % sky.Length]).Llh);
    }

    /// <summary>What a module's term cannot do without: the logarithms of ξ, asinh and the sum, and the exponential before the floor is added.</summary>
    private static double Floor(double[] arguments)
    {
        Vector256<double> sum = default;
        for (int i = 0; i + 4 <= arguments.Length; i += 4)
        {
            Vector256<double> a = Vector256.LoadUnsafe(ref arguments[i]);
            sum += Elementary.Log(a) + Elementary.Log(a + Vector256<double>.One) + Elementary.Log(a + Elementary.Exp(-a));
        }

        return sum.GetElement(0);
    }

    private static double PlainFloor(double[] arguments)
    {
        double sum = 0;
        for (int i = 0; i + 1 < arguments.Length; i++) sum += Math.Log(arguments[i]) + Math.Log(arguments[i] + 1) + Math.Log(arguments[i] + Math.Exp(-arguments[i]));
        return sum;
    }

    private static void MustAgree(double kernel, double plain)
    {
        if (!(Math.Abs(kernel - plain) <= 1e-9 * Math.Max(1, Math.Abs(plain)))) throw new InvalidOperationException($"The kernel's {kernel:R} is not the plain code's {plain:R}.");
    }

    private static string Load() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..2]) : "unknown";

    private sealed record Column(
        Spread Value, Spread Gradient, Spread PlainValue, Spread PlainGradient, Spread Floor, Spread PlainFloor, Spread Fit, Spread FitOfAll, Spread Modules,
        Spread Evaluations, Spread Gradients, FirstFit FirstFit)
    {
        public Spread Cold(Func<FirstFit, double> figure) => new(figure(FirstFit));
    }

    /// <summary>Times of batches; a figure that does not vary has no least.</summary>
    private readonly record struct Spread(double Median, double? Least = null)
    {
        private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1.2), WarmUp = TimeSpan.FromSeconds(0.4);

        /// <param name="unitsPerCall">What a call's nanoseconds are divided by.</param>
        /// <param name="batch">Calls.</param>
        /// <param name="call">What is measured.</param>
        public static Spread Of(double unitsPerCall, int batch, Func<double> call)
        {
            var times = new List<double>();
            Stopwatch all = Stopwatch.StartNew();
            while (all.Elapsed < WarmUp + Enough)
            {
                bool warm = all.Elapsed >= WarmUp;
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < batch; i++) sink += call();
                if (warm) times.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / batch / unitsPerCall);
            }

            times.Sort();
            return new(times[times.Count / 2], times[0]);
        }

        public string ToText(int digits)
        {
            string Number(double value) => value.ToString("F" + digits, CultureInfo.InvariantCulture);
            return Least is { } least ? $"{Number(Median)} ({Number(least)})" : Number(Median);
        }
    }
}
