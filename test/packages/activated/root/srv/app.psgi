sub { [200, ["Content-Type" => "text/plain"], ["starman\n"]] };
