using System.CommandLine;
using System.Globalization;
using SkyDriver.Scan;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver compare</c>: whether two results count as the same.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Argument<string> left = new("LEFT") { Description = ResultInput.Forms }, right = new("RIGHT") { Description = "The same." };
        Option<bool> leftFlipped = new("--left-dec-flipped") { Description = "LEFT holds declination with the other sign." };
        Option<bool> rightFlipped = new("--right-dec-flipped") { Description = "RIGHT holds declination with the other sign." };
        Option<int> most = new("--most") { Description = "Differences to print, 1 to 1000000.", DefaultValueFactory = _ => 20, HelpName = "N" };
        Option<bool> common = new("--common-nsides") { Description = "Compare the nsides that both have, and do not mind that one has more." };
        Command command = new("compare", """
            Compares two results pixel by pixel. Needs no service. Exit code 0: they count as the same; 9: they differ.
            Pixels must be the same; llh may differ by 1e-4 of its value, energies by 1e-2, position and time by 1e-3; anything by 1e-8.
            An energy of zero (not estimated) agrees with any, a failed fit only with another one.

            Examples:
              skydriver compare first.npz second.npz
              skydriver compare old-scanner.npz new.npz --left-dec-flipped --common-nsides --most 100
            """)
        {
            left, right, leftFlipped, rightFlipped, most, common,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            int limit = parsed.GetValue(most);
            if (limit is < 1 or > 1_000_000) throw CommandException.Usage($"--most: {limit} must be from 1 to 1000000.");
            SkyScanResult a = ResultInput.Read("LEFT", parsed.GetValue(left)!, parsed.GetValue(leftFlipped)).Result;
            SkyScanResult b = ResultInput.Read("RIGHT", parsed.GetValue(right)!, parsed.GetValue(rightFlipped)).Result;
            return Task.FromResult(Compare(a, b, limit, parsed.GetValue(common)));
        }));
        return command;
    }

    private static int Compare(SkyScanResult left, SkyScanResult right, int most, bool commonOnly)
    {
        int[] inLeft = [.. left.Nsides.Select(n => n.Nside).Order()], inRight = [.. right.Nsides.Select(n => n.Nside).Order()];
        int[] both = [.. inLeft.Intersect(inRight)];
        if (both.Length == 0)
        {
            Console.WriteLine($"different: no nside in common ({Words(inLeft)} and {Words(inRight)})");
            return ExitCodes.Different;
        }

        bool sameNsides = inLeft.SequenceEqual(inRight);
        if (!sameNsides && !commonOnly) Console.WriteLine($"different: nsides {Words(inLeft)} and {Words(inRight)}");
        IReadOnlyList<ResultDifference> differences = left.DifferencesFrom(right, most + 1);
        foreach (ResultDifference d in differences.Take(most))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nside {d.Nside,-5} {(d.Column == "index" ? "row  " : "pixel")} {d.Ipix,-9} {d.Column,-6} {d.Left:R}  {d.Right:R}"));
        }

        if (differences.Count > most) Console.WriteLine($"and more; --most {10L * most} shows them");
        bool same = differences.Count == 0 && (sameNsides || commonOnly);
        if (same) Console.WriteLine($"the same within the tolerances: nside {Words(both)}, {both.Sum(n => (long)left.Nsides.First(l => l.Nside == n).Count)} pixels");
        return same ? ExitCodes.Done : ExitCodes.Different;
    }

    private static string Words(int[] nsides) => nsides.Length == 0 ? "none" : string.Join(" ", nsides);
}
