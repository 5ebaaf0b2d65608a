using System.Diagnostics;

namespace SkyDriver.Scan.Tests;

/// <summary>The readers that scientists use, where they are installed.</summary>
public sealed class NumpyTests
{
    [Fact]
    public void ToNpz_ReadByNumpyAndPandas_HoldsTheSameNumbers()
    {
        string python = Python();
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:12", variations: 2), 0);
        while (!ledger.Finished)
        {
            if (ledger.RoundDue) ledger.OpenRound(1);
            foreach (var seed in ledger.TakeBatch(1000, 2)) ledger.Fold(SimulatedWorkers.Answer(seed), 3);
        }

        var result = ledger.BuildResult(true);
        string folder = Directory.CreateTempSubdirectory("scan-numpy-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "map.npz"), result.ToNpz());
            File.WriteAllBytes(Path.Combine(folder, "map.json"), result.ToJson(indented: true));
            string report = Run(python, Script, folder);
            string expected = string.Join('\n', result.Nsides.Select(nside =>
                $"nside-{nside.Nside} {nside.Count} {nside.Index.ToArray().Sum()} {nside.Llh.ToArray().Count(double.IsNaN)} {nside.Llh.ToArray().Where(double.IsFinite).Min():R}"));
            Assert.Equal($"HESE 123456 789 True True 1\n{expected}\nsame", report.ReplaceLineEndings("\n").Trim());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Script = """
        import json, sys
        import numpy, pandas
        npz = numpy.load(sys.argv[1] + '/map.npz', allow_pickle=False)
        head = npz['header'][0]
        print(head['event_type'], head['run_id'], head['event_id'], head['complete'], head['is_real_event'], head['version'])
        text = json.load(open(sys.argv[1] + '/map.json'))
        same = list(text) == [name for name in npz.files if name != 'header']
        for name in npz.files:
            if name == 'header':
                continue
            frame = pandas.DataFrame(npz[name])
            print(name, len(frame), frame['index'].sum(), frame['llh'].isna().sum(), repr(float(frame['llh'].min())).removesuffix('.0'))
            rows = pandas.DataFrame(text[name]['data'], columns=text[name]['columns']).replace('<skyreader.nan>', float('nan')).astype(frame.dtypes.to_dict())
            same = same and rows.equals(frame)
            same = same and json.dumps(text, indent=4) == open(sys.argv[1] + '/map.json').read()
        print('same' if same else 'different')
        """;

    /// <summary>A Python that has both; Debian keeps them with the system's own, which need not be the first on the path.</summary>
    private static string Python()
    {
        foreach (string candidate in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                Run(candidate, "import numpy, pandas");
                return candidate;
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                // Not this one.
            }
        }

        Assert.Skip("no python3 with numpy and pandas on this machine");
        return "";
    }

    private static string Run(string python, string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(errors.Result);
    }
}
