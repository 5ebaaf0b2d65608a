using System.Globalization;
using SkyDriver.Products.Drawing;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Cli.Commands.Calibration;

/// <summary>Stated against measured probability: on the left with the limits of a right model, on the right with calibrated ones.</summary>
internal static class CoveragePlot
{
    private const double Side = 320, Left = 60, Top = 50, Gap = 90;

    /// <summary>Told apart without colour by their dashes, too: Okabe and Ito's palette.</summary>
    private static readonly (string Set, Rgb Colour)[] Sets = [("A", new(0, 114, 178)), ("B", new(0, 158, 115)), ("C", new(213, 94, 0))];

    public static Scene Draw(IReadOnlyList<CoverageTrial> trials, LevelScale scale)
    {
        Scene scene = new(Left + 2 * Side + Gap + 30, Top + Side + 110);
        Panel(scene, Left, "Limits of a right model (Wilks)", trials, null);
        Panel(scene, Left + Side + Gap, "Calibrated; events that did not choose", trials, scale);
        double y = Top + Side + 70;
        double x = Left;
        foreach ((string set, Rgb colour) in Sets)
        {
            foreach ((string algorithm, double[] dash) in Algorithms(trials))
            {
                scene.Path([new(x, y), new(x + 28, y)], stroke: colour, strokeWidth: 2, dash: dash);
                scene.Text(new(x + 34, y + 4), $"{set} {algorithm.Replace("pandel_", "", StringComparison.Ordinal)}", 12);
                x += 110;
            }
        }

        return scene;
    }

    private static (string Name, double[] Dash)[] Algorithms(IReadOnlyList<CoverageTrial> trials) =>
        [.. trials.SelectMany(trial => trial.Fits).Select(fit => fit.Algorithm).Distinct().Zip<string, double[]>([[], [5, 4]])];

    private static void Panel(Scene scene, double left, string title, IReadOnlyList<CoverageTrial> trials, LevelScale? scale)
    {
        Point At(double stated, double measured) => new(left + stated * Side, Top + (1 - measured) * Side);
        scene.Text(new(left + Side / 2, Top - 18), title, 14, Anchor.Middle, bold: true);
        for (int percent = 0; percent <= 100; percent += 10)
        {
            double share = percent / 100.0;
            Rgb grid = new(225, 225, 225);
            scene.Path([At(share, 0), At(share, 1)], stroke: grid);
            scene.Path([At(0, share), At(1, share)], stroke: grid);
            if (percent % 20 != 0) continue;
            string text = percent.ToString(CultureInfo.InvariantCulture);
            scene.Text(new(At(share, 0).X, Top + Side + 16), text, 11, Anchor.Middle);
            scene.Text(new(left - 6, At(0, share).Y + 4), text, 11, Anchor.End);
        }

        scene.Path([At(0, 0), At(1, 1)], stroke: new(120, 120, 120), strokeWidth: 1, dash: [2, 3]);
        scene.Rectangle(left, Top, Side, Side, stroke: Rgb.Black);
        scene.Text(new(left + Side / 2, Top + Side + 36), "stated probability (%)", 12, Anchor.Middle);
        scene.Text(new(left - 38, Top + Side / 2), "truths inside (%)", 12, Anchor.Middle, degrees: 90);
        foreach ((string set, Rgb colour) in Sets.Where(pair => trials.Any(trial => trial.Set == pair.Set)))
        {
            foreach ((string algorithm, double[] dash) in Algorithms(trials))
            {
                scene.Path(
                    [.. CoverageCurve(trials, scale, set, algorithm).Select(point => At(point.Stated, point.Measured))], stroke: colour, strokeWidth: 2, dash: dash);
            }
        }
    }

    private static IReadOnlyList<(double Stated, double Measured)> CoverageCurve(IReadOnlyList<CoverageTrial> trials, LevelScale? scale, string set, string algorithm) =>
        SkyDriver.Reco.Coverage.Calibration.Curve(trials, scale, set, algorithm);
}
