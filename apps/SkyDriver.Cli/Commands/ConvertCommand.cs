using System.CommandLine;
using SkyDriver.Cli.Local;
using SkyDriver.Products;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver convert</c>: a result file in other forms.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        ResultInput input = new();
        string[] names = [.. ProductKind.All.Select(kind => kind.Name)];
        Option<string[]> to = new Option<string[]>("--to", "-t") { Description = $"Forms to make: {string.Join(", ", names)} [default: all].", AllowMultipleArgumentsPerToken = true, HelpName = "FORM" }
            .AcceptOnlyFromAmong(names);
        Option<string?> output = new("--out", "-o") { Description = "Folder for the files [default: beside the file].", HelpName = "DIR" };
        Option<bool> nested = new("--nested") { Description = "Flat FITS in NESTED order instead of RING." };
        Command command = new("convert", $"""
            Writes a result in other forms. Needs no service. Forms:
            {string.Join(Environment.NewLine, ProductKind.All.Select(kind => $"  {kind.Name,-9} {kind.Description}"))}

            Examples:
              skydriver convert result.npz --to moc fits
              skydriver convert alert.multiorder.fits.gz --to npz json --out copies
              skydriver convert old-scanner.npz --dec-flipped --to npz --out corrected
            """)
        {
            to, output, nested,
        };
        input.AddTo(command, draws: true);
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            ScanProducts products = input.Products(parsed, input.Read(parsed), parsed.GetValue(nested));
            string folder = Path.GetFullPath(parsed.GetValue(output) ?? Path.GetDirectoryName(input.PathOf(parsed))!);
            string[] chosen = parsed.GetValue(to) is { Length: > 0 } some ? some : names;
            ProductKind[] kinds = [.. ProductKind.All.Where(kind => chosen.Contains(kind.Name))];
            string[] impossible = [.. kinds.Where(kind => kind.NeedsEvent && products.Metadata is null).Select(kind => kind.Name)];
            if (impossible.Length > 0 && parsed.GetValue(to) is { Length: > 0 }) throw CommandException.Usage($"--to: {string.Join(", ", impossible)} must name the event, and FILE does not say which it is of.");
            OutputFiles.Print(OutputFiles.Write(folder, products, kinds));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }
}
