using System.CommandLine;
using System.Globalization;
using SkyDriver.Reco;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver recos</c>: the reconstructions there are.</summary>
internal static class RecosCommand
{
    private const string Documentation = "docs/reconstructions.md";

    public static Command Create()
    {
        Command command = new("recos", $"""
            Lists the reconstructions that --reco-algo takes, with the options that may follow each name. Needs no service.
            What they compute, from which formulas, is in {Documentation}; how to add one in docs/add-a-reconstruction.md.

            Examples:
              skydriver recos
              skydriver scan alert.json --reco-algo pandel_mpe-layered
              skydriver recos --json
            """)
        {
            Output.Json,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            IReadOnlyList<RecoAlgorithm> algorithms = RecoCatalog.BuiltIn.Algorithms;
            if (new Output(parsed) is { IsJson: true } output) output.Write(algorithms.Select(Describe));
            else Print(algorithms);
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static void Print(IReadOnlyList<RecoAlgorithm> algorithms)
    {
        Output.Table(["NAME", "FOR", "FITS A PIXEL", "WHAT IT IS"], algorithms.Select(algorithm => (IReadOnlyList<string>)
            [algorithm.Name, Shape(algorithm), algorithm.PositionVariations.ToString(CultureInfo.InvariantCulture), algorithm.Summary]));
        Console.WriteLine();
        Console.WriteLine("Options follow the name, each after a '-', as in pandel_mpe-layered-cap30:");
        Output.Table(["OPTION", "OF", "WHAT IT DOES"], algorithms.SelectMany(algorithm => algorithm.Options.Select(option => (option.Form, option.Summary, algorithm.Name)))
            .GroupBy(option => (option.Form, option.Summary)).OrderBy(group => group.Key.Form, StringComparer.Ordinal)
            .Select(group => (IReadOnlyList<string>)["-" + group.Key.Form, string.Join(' ', group.Select(option => option.Name)), group.Key.Summary]));
        Console.WriteLine();
        Console.WriteLine($"More in {Documentation}. 'skydriver pixel' runs one on a single pixel.");
    }

    private static string Shape(RecoAlgorithm algorithm) => algorithm.Shape == EventShape.Any ? "any" : algorithm.Shape.ToString().ToLowerInvariant();

    private static object Describe(RecoAlgorithm algorithm) => new
    {
        name = algorithm.Name,
        summary = algorithm.Summary,
        shape = Shape(algorithm),
        position_variations = algorithm.PositionVariations,
        needs_event = algorithm.NeedsEvent,
        pointed_radius_deg = algorithm.PointedRadiusDeg,
        options = algorithm.Options.Select(option => new { form = option.Form, summary = option.Summary }),
        documentation = Documentation,
    };
}
