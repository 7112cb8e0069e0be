module feddns.test/peers/pki

go 1.26.0
