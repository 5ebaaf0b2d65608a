using System.Collections.Concurrent;
using System.Diagnostics;
using SkyDriver.IceCube;
using SkyDriver.Products;
using SkyDriver.Reco;
using SkyDriver.Reco.Opinions;
using SkyDriver.Scan;

namespace SkyDriver.Benchmarks;

/// <summary>A whole scan in one process on all cores: what a service can at best come near to. Once nothing but the ledger and the fits, once
/// with what else is the scan's own work: the opinions of both likelihoods beside it, and all files at the end.</summary>
internal static class PureScan
{
    private const int MostVariations = 64;

    /// <param name="arguments">Event file, algorithm, progression: by default the shipped track, <c>pandel_mpe</c>, 8:0 64:12 512:24.</param>
    public static int Run(string[] arguments)
    {
        string file = arguments.ElementAtOrDefault(0) ?? "examples/track.json", name = arguments.ElementAtOrDefault(1) ?? "pandel_mpe";
        string steps = arguments.Length > 2 ? string.Join(' ', arguments[2..]) : "8:0 64:12 512:24";
        if (!RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm)) throw new ArgumentException(RecoCatalog.Explain(name));
        if (!NsideProgression.TryParse(steps, out NsideProgression? progression, out IReadOnlyList<string> faults)) throw new ArgumentException(string.Join(' ', faults));
        IceCubeEvent ev = EventReader.Read(File.ReadAllBytes(file));
        Console.WriteLine($"{file}, {name}, {steps}; {Environment.ProcessorCount} processors\n");
        Console.WriteLine("| work | threads | fits | wall, s | processor, s | fits alone, s | ms per fit |\n|---|---|---|---|---|---|---|");
        int all = Environment.ProcessorCount;
        // The first is there to be compiled; drawing is compiled anew by each command that draws, so the first whole job is the one to compare with.
        foreach ((int threads, bool isWhole) in (ReadOnlySpan<(int, bool)>)[(all, false), (all, true), (1, false), (all, false), (all, true)]) Report(ev, algorithm, progression, threads, isWhole);
        return 0;
    }

    private static void WriteFiles(SkyScanResult result, string algorithm)
    {
        string folder = Directory.CreateTempSubdirectory("skydriver-bench-").FullName;
        ScanProducts products = new(result, new(algorithm));
        // As the command does it.
        Parallel.ForEach(Partitioner.Create(ProductKind.InOrderOfWork(ProductKind.All), EnumerablePartitionerOptions.NoBuffering), kind =>
        {
            foreach (ProductFile file in products.Make([kind])) File.WriteAllBytes(Path.Combine(folder, file.Name), file.Content);
        });
        Directory.Delete(folder, recursive: true);
    }

    private static void Report(IceCubeEvent ev, RecoAlgorithm algorithm, NsideProgression progression, int threads, bool isWhole)
    {
        ScanPlan plan = ScanPlan.ForEvent(ev, algorithm, progression, 1, isRealEvent: false, "bench", out IReadOnlyList<string> faults);
        if (faults.Count > 0) throw new ArgumentException(string.Join(' ', faults));
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        ScanLedger ledger = new(plan, 0);
        long ticks = 0;
        int fits = 0;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Work))];
        foreach (Thread worker in workers) worker.Start();
        Task opinions = isWhole ? Task.Run(() => EventOpinions.Of(ev)) : Task.CompletedTask;
        foreach (Thread worker in workers) worker.Join();
        if (isWhole) WriteFiles(ledger.BuildResult(complete: true), algorithm.Name);
        opinions.GetAwaiter().GetResult();
        double wall = watch.Elapsed.TotalSeconds, processor = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        double alone = (double)ticks / Stopwatch.Frequency;
        Console.WriteLine(FormattableString.Invariant($"| {(isWhole ? "fits, opinions, files" : "fits")} | {threads} | {fits} | {wall:F2} | {processor:F2} | {alone:F2} | {1000 * alone / fits:F3} |"));

        void Work()
        {
            IReconstruction reco = algorithm.Create(ev, new RecoOptions());
            while (Take() is { } seeds)
            {
                long start = Stopwatch.GetTimestamp();
                RecoFit[] found = [.. seeds.Select(seed => reco.Fit(seed))];
                Interlocked.Add(ref ticks, Stopwatch.GetTimestamp() - start);
                Interlocked.Add(ref fits, found.Length);
                Fold(seeds, found);
            }

            (reco as IDisposable)?.Dispose();
        }

        IReadOnlyList<VariationSeed>? Take()
        {
            lock (ledger)
            {
                while (!ledger.Finished)
                {
                    if (ledger.RoundDue) ledger.OpenRound(0);
                    int rest = (int)Math.Clamp(ledger.Queued / (2 * threads), 1, MostVariations);
                    if (ledger.TakeBatch(rest, 0) is { Count: > 0 } seeds) return seeds;
                    if (!ledger.Finished) Monitor.Wait(ledger);
                }

                Monitor.PulseAll(ledger);
                return null;
            }
        }

        void Fold(IReadOnlyList<VariationSeed> seeds, RecoFit[] found)
        {
            lock (ledger)
            {
                for (int i = 0; i < found.Length; i++)
                {
                    (VariationSeed seed, RecoFit fit) = (seeds[i], found[i]);
                    ledger.Fold(new(seed.Nside, seed.Ipix, seed.Posvar, fit.Llh, fit.EnergyInside, fit.EnergyTotal, fit.X, fit.Y, fit.Z, fit.Time, fit.Energy, 0, fit.Failure), 0);
                }

                Monitor.PulseAll(ledger);
            }
        }
    }
}
