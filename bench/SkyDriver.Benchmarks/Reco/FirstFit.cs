using System.Diagnostics;
using System.Globalization;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Benchmarks.Reco;

/// <summary>What a new process needs until it has made its first fit; run in a process of its own.</summary>
/// <param name="ToFirstFit">ms from the start of the process to the end of its first fit.</param>
/// <param name="Event">ms to read and clean the event.</param>
/// <param name="Table">ms of the first call for the table of the jitter.</param>
/// <param name="Make">ms to make the reconstruction once the table is there.</param>
/// <param name="First">ms of the first fit.</param>
/// <param name="Second">ms of the second fit, of another direction.</param>
/// <param name="Warm">ms per fit of the next 190.</param>
internal sealed record FirstFit(double ToFirstFit, double Event, double Table, double Make, double First, double Second, double Warm)
{
    /// <summary>The child's part.</summary>
    public static int Report(string algorithm, string file)
    {
        Stopwatch watch = Stopwatch.StartNew();
        IceCubeEvent ev = EventReader.Read(File.ReadAllBytes(file));
        int modules = ev.CleanedHits.Count;
        double read = Lap(watch);
        PandelTable table = PandelTable.For(BenchEvent.Model(algorithm).Sigma);
        double tableTime = Lap(watch);
        var reco = new PandelReconstruction([.. ev.CleanedHits.Take(Math.Min(modules, BenchEvent.Modules))], BenchEvent.Model(algorithm));
        double make = Lap(watch);
        VariationSeed[] seeds = BenchEvent.Sky(algorithm, ev);
        watch.Restart();
        reco.Fit(seeds[0]);
        double first = Lap(watch), all = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds;
        watch.Restart();
        reco.Fit(seeds[1]);
        double second = Lap(watch);
        for (int i = 2; i < seeds.Length; i++) reco.Fit(seeds[i]);
        double warm = Lap(watch) / (seeds.Length - 2);
        GC.KeepAlive(table);
        Console.WriteLine(string.Join(' ', new[] { all, read, tableTime, make, first, second, warm }.Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
        return 0;
    }

    /// <summary>Starts this program again, several times, and takes the median of each figure.</summary>
    public static FirstFit Measure(string algorithm, int times)
    {
        string file = Path.GetTempFileName();
        File.WriteAllBytes(file, BenchEvent.Bytes());
        double[][] runs = [.. Enumerable.Range(0, times).Select(_ => Run(algorithm, file))];
        File.Delete(file);
        double Median(int k) => runs.Select(run => run[k]).Order().ElementAt(times / 2);
        return new(Median(0), Median(1), Median(2), Median(3), Median(4), Median(5), Median(6));
    }

    private static double[] Run(string algorithm, string file)
    {
        string assembly = typeof(FirstFit).Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { assembly, "reco", "first-fit", algorithm, file }, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)) || process.ExitCode != 0) throw new InvalidOperationException($"The process of a first fit failed: {output}");
        return [.. output.Trim().Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    }

    private static double Lap(Stopwatch watch)
    {
        double spent = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        return spent;
    }
}
